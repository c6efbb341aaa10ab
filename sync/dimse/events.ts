import type { AssociateRequest } from './associate.ts';
import type { CommandSet } from './command.ts';
import { type AbortReason, abortReason } from './pdu.ts';

/** What the bytes of one connection mean, in order. */
export type GuardEvent =
  /** Answer it, then call `open` or stop. */
  | { readonly type: 'associate'; readonly request: AssociateRequest }
  /** A whole message that is no C-STORE with a dataset. */
  | {
      readonly type: 'message';
      readonly contextId: number;
      readonly command: CommandSet;
      readonly identifier: Uint8Array | undefined;
    }
  /** The command of a C-STORE; `data` events, perhaps `overlong`, and one `stored` follow before anything else. */
  | { readonly type: 'store'; readonly contextId: number; readonly command: CommandSet }
  /** The next bytes of the dataset, never empty: a view of the pushed ones, good until more is pulled. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** The dataset is longer than the limit: no more `data` of it comes, and what came is to be forgotten. */
  | { readonly type: 'overlong' }
  /** The last fragment has come. Pull nothing more until the answer is out. */
  | { readonly type: 'stored'; readonly sizeBytes: number }
  | { readonly type: 'release' }
  | { readonly type: 'abort' }
  /** The peer broke the protocol or a limit: abort with `reason`. Nothing follows. */
  | { readonly type: 'refuse'; readonly why: string; readonly reason: AbortReason };

/** The event that ends a connection whose peer broke a rule. */
export function refuse(why: string, reason: AbortReason = abortReason.notSpecified): GuardEvent {
  return { type: 'refuse', why, reason };
}
