import { hex, sameBytes } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { type Letter, parseLetter } from '../letters/letter.ts';
import { parsePackFrame } from '../seal/header.ts';
import type { PackKind } from '../seal/kind.ts';
import { type OpenedPack, openPack } from '../seal/open.ts';
import { partyIdOfCenter } from '../seal/party.ts';
import { sha256 } from '../seal/sha256.ts';
import { type Box, findBox, kindsOfBox, mayBoxSend } from './boxes.ts';
import type { Party } from './ports-party.ts';
import type { HeldReason } from './ports-store.ts';
import type { PackRow } from './rows.ts';

/** Why a pack goes to quarantine; `kind` and `reason` are for the center's own people. */
export type Refusal = Fault<
  | 'center/unreadable'
  | 'center/renamed'
  | 'center/refused'
  | 'center/epoch-gone'
  | 'center/given-up'
  | 'center/letter'
  | 'center/payload'
  | 'center/digest'
  | 'center/foreign-study'
  | 'center/other-study'
  | 'center/clone'
  | 'center/unknown-report'
  | 'center/bug'
>;

/** A pack that passed all twelve checks. */
export interface ReadPack {
  readonly opened: OpenedPack;
  readonly letter: Letter;
  readonly box: Box;
}

export type Opening =
  | { readonly outcome: 'read'; readonly pack: ReadPack }
  /** Good but of a box that may not be believed yet, or sealed to a key that is not here: it is looked at again. */
  | ({ readonly outcome: 'held' } & Pick<HeldReason, 'why' | 'signer'>)
  /** A box asks to be admitted: judged together with the others of its round, by its ticket. */
  | { readonly outcome: 'request' }
  /** Taken before; the same answer again. */
  | { readonly outcome: 'seen' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What the ledger knows that decides about a pack. */
export interface KnownPacks {
  readonly isSeen: boolean;
  /** Packs under the same uid. */
  readonly ofUid: readonly PackRow[];
}

/**
 * Opens one arrived pack: its name, checks 1 to 11, then check 12. The bytes were read once into memory and are not
 * kept; the payload of the result is a buffer of its own.
 */
export function openArrived(
  packId: string,
  bytes: Uint8Array,
  party: Party,
  known: KnownPacks,
): Opening {
  if (hex(sha256(bytes)) !== packId) {
    return refused('center/renamed', 'its bytes do not hash to its name');
  }
  let isRequest = false;
  const opened = openPack(bytes, {
    mailbox: party.keyList.mailbox,
    secrets: party.secrets,
    partyId: (party.roots ?? [party.keyList.root]).map(partyIdOfCenter),
    hasPackId: () => known.isSeen,
    // One that no record names is held, once the rest is known to be good: its box may be admitted again.
    maySign: (identity, kind) =>
      mayBoxSend(party.tickets, identity, kind) || isStranger(party, identity, kind),
    packIdOfUid: (identity) => known.ofUid.find(({ signer }) => signer === hex(identity))?.packId,
    enrol: () => {
      isRequest = true;
      return 'it is judged by its ticket';
    },
  });
  if (!opened.ok && isRequest) return { outcome: 'request' };
  if (!opened.ok) {
    if (opened.fault.kind === 'seal/seen') return { outcome: 'seen' };
    const { check, refusal, reason } = opened.fault;
    if (check === 4 && refusal === 'not-for-us') return withoutKey(bytes, party);
    // A hand-over of the root that was restored late must not turn good packs into waste.
    if (check === 10 && refusal === 'not-for-us')
      return { outcome: 'held', why: 'no-key', signer: null };
    return refused('center/refused', `check ${check} (${refusal}): ${reason}`);
  }
  const signer = hex(opened.value.signer);
  const box = findBox(party.tickets, signer);
  if (box === undefined) return { outcome: 'held', why: 'unknown-box', signer };
  const { kind, meta, payload } = opened.value;
  const letter = parseLetter(kind, meta, payload, 'to-center');
  if (!letter.ok) return refused('center/letter', `check 12 (meaning): ${letter.fault.message}`);
  if (box.standing !== 'confirmed' && box.standing !== 'released') {
    const why = box.standing === 'retired' ? 'retired' : 'unconfirmed';
    return { outcome: 'held', why, signer };
  }
  return { outcome: 'read', pack: { opened: opened.value, letter: letter.value, box } };
}

/** A refusal with its reason; nothing of a refused pack was believed or kept but its sealed bytes. */
export function refusalOf(kind: Refusal['kind'], reason: string): Refusal {
  return fault(
    kind,
    `Cannot take a pack: ${reason}`,
    nextSteps[kind] ?? 'Ask the box to send it again; the sealed pack is kept in quarantine',
  );
}

/** The row of a pack that passed. */
export function packRowOf({ opened }: ReadPack, takenAt: string): PackRow {
  const { packId, kind, signer, uid, stream, sequence } = opened;
  if (kind === 'report' || kind === 'enrol') throw new TypeError(`A ${kind} pack was let in`);
  return {
    packId,
    kind,
    signer: hex(signer),
    uid: hex(uid),
    stream: hex(stream),
    sequence: String(sequence),
    takenAt,
  };
}

function isStranger({ tickets }: Party, identity: Uint8Array, kind: PackKind): boolean {
  return kindsOfBox.has(kind) && findBox(tickets, hex(identity)) === undefined;
}

/** A key file that was forgotten or restored late must not turn good packs into waste; a key that is gone is no more. */
function withoutKey(bytes: Uint8Array, { keyList }: Party): Opening {
  const frame = parsePackFrame(bytes);
  const stateOf = (kid: Uint8Array) =>
    keyList.receive.find((each) => sameBytes(each.kid, kid))?.state;
  const isGone = frame.ok && frame.value.stanzas.every(({ kid }) => stateOf(kid) === 'gone');
  return isGone
    ? refused('center/epoch-gone', 'it is sealed to a receiving key that is gone')
    : { outcome: 'held', why: 'no-key', signer: null };
}

function refused(kind: Refusal['kind'], reason: string): Opening {
  return { outcome: 'refused', refusal: refusalOf(kind, reason) };
}

const nextSteps: Readonly<Partial<Record<Refusal['kind'], string>>> = {
  'center/clone':
    'Find out whether the box was copied or restored from a snapshot, then pair it anew',
  'center/foreign-study': 'Call both clinics: two sites claim one study',
  'center/epoch-gone': 'Nothing: its box seals it anew as soon as it hears of it',
  'center/given-up':
    'Nothing: its box keeps its images until they are delivered; pair it, or take it back, and it sends again',
  'center/bug': 'Send the log to support; the sealed pack is kept in quarantine',
};
