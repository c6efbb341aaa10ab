import type { AccountName } from './accounts.ts';

/** An owner by name; `root` is 0. */
export type Owner = AccountName | 'root';
export type OwnerGroup = Owner | 'outpost-spool';

/** Everything below a folder belongs to one account: what the key commands, run by root, have left there. */
export interface Tree {
  readonly path: string;
  readonly owner: Owner;
}

/** One thing that shall be so on the machine. Applying it twice is applying it once. */
export type Resource = { readonly why: string } & (
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly owner: Owner;
      readonly group: OwnerGroup;
      readonly mode: number;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly owner: Owner;
      readonly group: OwnerGroup;
      readonly mode: number;
      /** Undefined while something it needs is not made yet; `waitsFor` says what. */
      readonly text: string | undefined;
      readonly waitsFor?: string;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'accounts'; readonly path: string; readonly names: readonly string[] }
  | ({ readonly kind: 'tree' } & Tree)
  | {
      /** A run of the `outpost` command that leaves keys or a record behind. */
      readonly kind: 'command';
      readonly name: CommandName;
      readonly args: readonly string[];
      readonly isDone: boolean;
      /** What it needs first, or what a person must bring; undefined when it can run. */
      readonly waitsFor?: string;
      /** Nothing more can be done now; setup ends all the same and says so. */
      readonly isDeferred?: boolean;
      readonly trees: readonly Tree[];
    }
  | { readonly kind: 'service'; readonly unit: string }
);

export type CommandName =
  | 'relay keys'
  | 'center keys'
  | 'DICOM TLS key'
  | 'pairing request'
  | 'pairing grant'
  | 'pairing words';

/** A resource that is not so yet, with what changes. */
export interface Step {
  readonly resource: Resource;
  /** In one line: `make folder /var/lib/outpost`. */
  readonly what: string;
  /** More lines for the person who reads the plan: a diff. */
  readonly detail: readonly string[];
  /**
   * `now`; `later` = in this run, after an earlier step; `deferred` = when a person has brought something;
   * `refused` = something stands in the way, and nothing at all is changed before it is moved.
   */
  readonly when: 'now' | 'later' | 'deferred' | 'refused';
}
