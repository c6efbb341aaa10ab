import { fromHex, hex } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type AccessList, acceptAccessList, openAccessList } from '../seal/access-list.ts';
import {
  acceptKeyList,
  centerIdentities,
  isCenterIdentity,
  type KeyList,
  openKeyList,
} from '../seal/key-list.ts';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
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

/** A ticket of pairing as a center lists it. */
export interface ListedTicket {
  readonly center: string;
  /** The center's own mailbox, where requests go. */
  readonly mailbox: string;
  /** The pack that answers the request, once there is one. */
  readonly grant: PackId | undefined;
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
   * A key list signed by a pinned root, or by the root that the list before it handed over to. Higher number: accepted;
   * same: a repeat; lower: `relay/older-list`; another list under a known number: `relay/other-list`, an alarm. An
   * access list whose signer is revoked by it counts for nothing from then on, its version neither: whoever stole
   * that key must not lock the center out with a high number.
   */
  acceptKeyList(text: string): Result<Admitted, RelayFault>;
  /** An access list signed by an identity key that is current in its center's key list; versions as above. */
  acceptAccess(text: string): Result<Admitted, RelayFault>;
  /** An access list that was let in before a restart: its signer may be an old key by now, but no revoked one. */
  restoreAccess(text: string): Result<Admitted, RelayFault>;
  /** Rights of a handle; undefined when it is not listed, or retired. */
  rights(caller: Caller): Rights | undefined;
  /** Whether the caller is the center itself: the owner of the mailbox that its key list names. */
  isCenter(caller: Caller): boolean;
  /** Centers that list a ticket of pairing: one in practice. */
  ticket(id: string): readonly ListedTicket[];
  /** Everyone who goes by `handle`: one in practice, one a center at most. */
  callersOf(handle: string): readonly Caller[];
  /** Centers that list `mailbox`. */
  centersOf(mailbox: string): readonly string[];
  /** The newest key list of a center as it was signed, and its number (0 when there is none). */
  keyList(center: string): { readonly text: string | undefined; readonly number: number };
  /** The key lists that handed the root over, oldest first: with them a restarted relay gets from its pin to today. */
  handovers(center: string): readonly string[];
}

interface Center {
  /** The root that the config pins; it names the center here, whatever root signs for it by now. */
  readonly root: Uint8Array;
  keyList: KeyList | undefined;
  keyListText: string | undefined;
  handovers: readonly { readonly root: Uint8Array; readonly text: string }[];
  access: AccessList | undefined;
  accessSigner: Uint8Array | undefined;
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
      handovers: [],
      access: undefined,
      accessSigner: undefined,
      rights: new Map(),
    });
  }

  /** `signersIn` says under which key lists a signature counts, and whose. */
  const acceptAccessBy = (
    text: string,
    signersIn: (center: Center) => readonly Signer[],
  ): Result<Admitted, RelayFault> => {
    for (const [name, center] of centers) {
      const opened = openAccess(text, signersIn(center));
      if (opened === undefined) continue;
      const known = center.access;
      const verdict = known === undefined ? 'higher' : acceptAccessList(known, opened.list);
      if (verdict === 'higher') {
        center.access = opened.list;
        center.accessSigner = opened.signer;
        center.rights = rightsIn(opened.list);
      }
      return admitted(name, verdict);
    }
    return fail(untrusted());
  };

  return {
    acceptKeyList(text) {
      for (const [name, center] of centers) {
        const opened = openNext(text, center);
        if (opened === undefined) continue;
        const known = center.keyList;
        const verdict = known === undefined ? 'higher' : acceptKeyList(known, opened);
        if (verdict === 'higher') useKeyList(center, opened, text);
        return admitted(name, verdict);
      }
      return fail(untrusted());
    },
    acceptAccess: (text) => acceptAccessBy(text, currentSigners),
    restoreAccess: (text) => acceptAccessBy(text, earlierSigners),

    rights: ({ center, handle }) => centers.get(center)?.rights.get(handle),
    isCenter({ center, handle }) {
      const { access, keyList } = centers.get(center) ?? {};
      const mailbox = keyList === undefined ? undefined : hex(keyList.mailbox);
      return access?.mailboxes.find(({ id }) => id === mailbox)?.owner === handle;
    },
    ticket: (id) =>
      [...centers].flatMap(([center, { access, keyList }]) => {
        const listed = access?.tickets.find((ticket) => ticket.id === id);
        if (listed === undefined || keyList === undefined) return [];
        return [{ center, mailbox: hex(keyList.mailbox), grant: parsePackId(listed.grant ?? '') }];
      }),
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
    handovers: (name) => (centers.get(name)?.handovers ?? []).map(({ text }) => text),
  };
}

/** A key list by the root that counts now, or by the one that it handed over to. */
function openNext(text: string, { root, keyList }: Center): KeyList | undefined {
  const roots = [keyList?.root ?? root, ...(keyList?.nextRoot ? [keyList.nextRoot] : [])];
  for (const trusted of roots) {
    const opened = openKeyList(text, { root: trusted });
    if (opened.ok) return opened.value;
  }
  return undefined;
}

function useKeyList(center: Center, keyList: KeyList, text: string): void {
  center.keyList = keyList;
  center.keyListText = text;
  // Behind a list that names the next root no other of its own root is accepted: each hand-over is one list.
  if (keyList.nextRoot !== undefined) {
    center.handovers = [...center.handovers, { root: keyList.root, text }];
  }
  const { accessSigner } = center;
  if (accessSigner === undefined || isCenterIdentity(keyList, accessSigner)) return;
  center.access = undefined;
  center.accessSigner = undefined;
  center.rights = new Map();
}

/** One key that may sign access lists of a center with that root, as a key list that names no other. */
type Signer = KeyList;

function currentSigners({ keyList }: Center): readonly Signer[] {
  if (keyList === undefined) return [];
  return keyList.identity
    .filter(({ state }) => state === 'current')
    .map((identity) => ({ ...keyList, identity: [identity] }));
}

/** Before a restart the key may have been current, and the root one that was handed over since. */
function earlierSigners({ keyList, root, handovers }: Center): readonly Signer[] {
  if (keyList === undefined) return [];
  const roots = [keyList.root, root, ...handovers.map((each) => each.root)];
  return roots.flatMap((each) =>
    centerIdentities(keyList).map((key) => {
      return { ...keyList, root: each, identity: [{ key, state: 'current' as const }] };
    }),
  );
}

/** The access list in `text` and who signed it; undefined when none of `signers` did. */
function openAccess(
  text: string,
  signers: readonly Signer[],
): { readonly list: AccessList; readonly signer: Uint8Array | undefined } | undefined {
  for (const signer of signers) {
    const opened = openAccessList(text, signer);
    if (opened.ok) return { list: opened.value, signer: signer.identity[0]?.key };
  }
  return undefined;
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
