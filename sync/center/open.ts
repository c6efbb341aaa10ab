import { hex } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { type Letter, parseLetter } from '../letters/letter.ts';
import { type OpenedPack, openPack } from '../seal/open.ts';
import { partyIdOfCenter } from '../seal/party.ts';
import { sha256 } from '../seal/sha256.ts';
import { type Box, findBox, mayBoxSend } from './boxes.ts';
import type { Party } from './ports-party.ts';
import type { PackRow } from './rows.ts';

/** Why a pack goes to quarantine; `kind` and `reason` are for the center's own people. */
export type Refusal = Fault<
  | 'center/unreadable'
  | 'center/renamed'
  | 'center/refused'
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
  /** Good but of a box that is not confirmed yet, or sealed to a key that is not here: it is looked at again. */
  | { readonly outcome: 'held' }
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
    maySign: (identity, kind) => mayBoxSend(party.tickets, identity, kind),
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
    // A key file that was forgotten or restored late must not turn good packs into waste.
    if (refusal === 'not-for-us') return { outcome: 'held' };
    return refused('center/refused', `check ${check} (${refusal}): ${reason}`);
  }
  const box = findBox(party.tickets, hex(opened.value.signer));
  if (box === undefined) return refused('center/refused', 'check 8 (role): the box is unknown');
  const { kind, meta, payload } = opened.value;
  const letter = parseLetter(kind, meta, payload, 'to-center');
  if (!letter.ok) return refused('center/letter', `check 12 (meaning): ${letter.fault.message}`);
  if (box.standing !== 'confirmed' && box.standing !== 'released') return { outcome: 'held' };
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

function refused(kind: Refusal['kind'], reason: string): Opening {
  return { outcome: 'refused', refusal: refusalOf(kind, reason) };
}

const nextSteps: Readonly<Partial<Record<Refusal['kind'], string>>> = {
  'center/clone':
    'Find out whether the box was copied or restored from a snapshot, then pair it anew',
  'center/foreign-study': 'Call both clinics: two sites claim one study',
  'center/bug': 'Send the log to support; the sealed pack is kept in quarantine',
};
