import { fromHex } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type AccessList, acceptAccessList, openAccessList } from '../seal/access-list.ts';
import { acceptKeyList, type KeyList, openKeyList } from '../seal/key-list.ts';
import { type RelayFault, relayFault } from './fault.ts';
import type { Caller } from './ports.ts';

/** What a handle may do now, from the newest access list of its center. */
export interface Rights {
  readonly transport: Uint8Array;
  /** Mailboxes, hex. */
  readonly write: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
  readonly bytesPerDay: number;
  readonly openPacks: number;
}

/** A signed file that was let in; `isNew` is false for a repeat, which changes nothing. */
export interface Admitted {
  readonly center: string;
  readonly isNew: boolean;
}

/**
 * Who is known to this relay: the centers whose roots it pins, and through their signed lists everybody else.
 * Names of different centers never meet: two centers may list the same handle or mailbox and still see only their own.
 */
export interface Admission {
  /**
   * A key list signed by a pinned root. Higher number: accepted; same: a repeat; lower: `relay/older-list`; another
   * list under a known number: `relay/other-list`, an alarm.
   */
  acceptKeyList(text: string): Result<Admitted, RelayFault>;
  /** An access list signed by an identity key that is current in its center's key list; versions as above. */
  acceptAccess(text: string): Result<Admitted, RelayFault>;
  /** Rights of a handle; undefined when it is not listed, or retired. */
  rights(caller: Caller): Rights | undefined;
  /** Everyone who goes by `handle`: one in practice, one a center at most. */
  callersOf(handle: string): readonly Caller[];
  /** Centers that list `mailbox`. */
  centersOf(mailbox: string): readonly string[];
  /** The newest key list of a center as it was signed, and its number (0 when there is none). */
  keyList(center: string): { readonly text: string | undefined; readonly number: number };
}

interface Center {
  readonly root: Uint8Array;
  keyList: KeyList | undefined;
  keyListText: string | undefined;
  access: AccessList | undefined;
  rights: ReadonlyMap<string, Rights>;
}

/** Knows the centers of `roots` (root public keys, hex, 32 bytes) and nothing of their lists yet. */
export function createAdmission(roots: readonly string[]): Admission {
  const centers = new Map<string, Center>();
  for (const root of roots) {
    centers.set(root, {
      root: fromHex(root) ?? new Uint8Array(),
      keyList: undefined,
      keyListText: undefined,
      access: undefined,
      rights: new Map(),
    });
  }

  return {
    acceptKeyList(text) {
      for (const [name, center] of centers) {
        const opened = openKeyList(text, { root: center.root });
        if (!opened.ok) continue;
        const known = center.keyList;
        const verdict = known === undefined ? 'higher' : acceptKeyList(known, opened.value);
        if (verdict === 'higher') {
          center.keyList = opened.value;
          center.keyListText = text;
        }
        return admitted(name, verdict);
      }
      return fail(untrusted());
    },

    acceptAccess(text) {
      for (const [name, center] of centers) {
        if (center.keyList === undefined) continue;
        const opened = openAccessList(text, center.keyList);
        if (!opened.ok) continue;
        const known = center.access;
        const verdict = known === undefined ? 'higher' : acceptAccessList(known, opened.value);
        if (verdict === 'higher') {
          center.access = opened.value;
          center.rights = rightsIn(opened.value);
        }
        return admitted(name, verdict);
      }
      return fail(untrusted());
    },

    rights: ({ center, handle }) => centers.get(center)?.rights.get(handle),
    callersOf: (handle) =>
      [...centers]
        .filter(([, { rights }]) => rights.has(handle))
        .map(([center]) => ({ center, handle })),
    centersOf: (mailbox) =>
      [...centers]
        .filter(([, { access }]) => access?.mailboxes.some(({ id }) => id === mailbox))
        .map(([name]) => name),
    keyList: (name) => ({
      text: centers.get(name)?.keyListText,
      number: centers.get(name)?.keyList?.list ?? 0,
    }),
  };
}

/** A right to a mailbox that the same list does not name is none; only its owner may read it. */
function rightsIn(access: AccessList): ReadonlyMap<string, Rights> {
  const ownerOf = new Map(access.mailboxes.map(({ id, owner }) => [id, owner]));
  const rights = new Map<string, Rights>();
  for (const entry of access.handles) {
    if (entry.state === 'retired') continue;
    rights.set(entry.handle, {
      transport: fromHex(entry.transport) ?? new Uint8Array(),
      write: new Set(entry.write.filter((id) => ownerOf.has(id))),
      read: new Set(entry.read.filter((id) => ownerOf.get(id) === entry.handle)),
      bytesPerDay: entry.bytesPerDay,
      openPacks: entry.openPacks,
    });
  }
  return rights;
}

function admitted(
  center: string,
  verdict: 'higher' | 'same' | 'lower' | 'alarm',
): Result<Admitted, RelayFault> {
  if (verdict === 'lower') {
    return fail(relayFault('relay/older-list', 'Cannot accept the list: a newer one is here'));
  }
  if (verdict === 'alarm') {
    return fail(
      relayFault('relay/other-list', 'Cannot accept the list: its number is taken by another one'),
    );
  }
  return ok({ center, isNew: verdict === 'higher' });
}

function untrusted(): RelayFault {
  return relayFault('relay/forbidden', 'Cannot accept the list: no known center signed it');
}
