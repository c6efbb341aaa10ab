import { fromHex, hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Log } from '#sync/core/log.ts';
import { ok, type Result } from '#sync/core/result.ts';
import { parseLetter } from '#sync/letters/letter.ts';
import type { Report } from '#sync/letters/report.ts';
import { type OpenedPack, openPack } from '#sync/seal/open.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { LetterFiles } from '../ports-letters.ts';
import type { Center, Heard, Pairing } from '../ports-pairing.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import { createKeyListWatch, type EpochStep, type KeyListWatch } from './key-list-watch.ts';
import { type Outcome, outcomeOf } from './letter-outcome.ts';
import { centerOfMailbox, maySign } from './pairing.ts';
import type { Recorder } from './recorder.ts';

export interface IncomingPorts {
  readonly catalog: Pick<
    Catalog,
    | 'manifest'
    | 'manifestsOf'
    | 'studyHeader'
    | 'openedPacks'
    | 'quarantined'
    | 'reportVersions'
    | 'registerVersion'
    | 'addresseeOf'
    | 'ledgers'
  >;
  readonly recorder: Recorder;
  readonly files: LetterFiles;
  readonly spool: Pick<ClinicalSpool, 'arrivedPacks' | 'readArrived' | 'markTaken' | 'forgetTaken'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
  /** Takes a grant into the records of pairing, durably; the reason when it answers no request of this box. */
  readonly acceptGrant: (bytes: Uint8Array) => Promise<Result<unknown, Fault>>;
  /** Keeps what letters of the center with this root told, durably; left out: it is forgotten at a restart. */
  readonly noteHeard?: (root: string, heard: Heard) => Promise<void>;
}

export interface Incoming {
  /** Takes what the agent brought. The answer is how many packs were new. Never twice at a time. */
  turn(pairing: Pairing): Promise<number>;
  /** Arrived files that could not be read in the last turn; each is tried again every turn, and logged once. */
  unreadable(): number;
  /** Centers whose newest key list, which their letters name, does not come. */
  keyListsBehind(pairing: Pairing): number;
  /** The nearest end of an epoch, by the clocks of the centers. */
  epochStep(pairing: Pairing): EpochStep | undefined;
}

const mailboxOffset = 48;
const mailboxLength = 16;

/**
 * Opens packs from the center: durable first, then facts, then the mark `taken`. What fails a check is kept in
 * quarantine and counted; what could not be kept stays in the spool and is tried again.
 */
export async function createIncoming(outside: IncomingPorts): Promise<Incoming> {
  const lists = createKeyListWatch(outside.clock);
  const ports = { ...outside, lists };
  const opened = new Set<string>();
  let unreadable: ReadonlySet<PackId> = new Set();
  const uids = new Map<string, string>();
  let judgedBy: string | undefined;
  for (const { packId, signer, uid } of await ports.catalog.openedPacks()) {
    opened.add(packId);
    uids.set(`${signer} ${uid}`, packId);
  }

  /** The bytes of an arrived pack; one that cannot be read is added to `failed`. */
  async function read(packId: PackId, failed: Set<PackId>): Promise<Uint8Array | undefined> {
    const bytes = await ports.spool.readArrived(packId);
    if (bytes.ok) return bytes.value;
    // Its owner removed it since the listing.
    if (bytes.fault.kind === 'spool/missing') return undefined;
    failed.add(packId);
    if (!unreadable.has(packId)) {
      ports.log.error('appliance/arrived-unreadable', { packId, kind: bytes.fault.kind });
    }
    return undefined;
  }

  function open(
    bytes: Uint8Array,
    pairing: Pairing,
    center: Center,
    hasPackId: (packId: string) => boolean,
  ): ReturnType<typeof openPack> {
    return openPack(bytes, {
      mailbox: fromHex(center.grant.boxMailbox) ?? new Uint8Array(mailboxLength),
      secrets: [pairing.receive],
      partyId: partyIdOfBox(pairing.identity.publicKey),
      hasPackId,
      maySign: (identity, kind) => maySign(center, identity, kind),
      packIdOfUid: (identity, uid) => uids.get(`${hex(identity)} ${hex(uid)}`),
    });
  }

  /** A letter may overtake the key list that announces its signer: what was refused for that is judged by each new one. */
  async function judgeAgain(pairing: Pairing): Promise<number> {
    const lists = pairing.centers.map(({ root, keyList }) => `${root} ${keyList.list}`).join();
    if (lists === judgedBy) return 0;
    judgedBy = lists;
    let count = 0;
    for (const { packId, reason } of await ports.catalog.quarantined()) {
      if (!reason.startsWith('Check 8:')) continue;
      const bytes = await ports.files.readQuarantined(packId);
      const center = bytes && centerOf(bytes, pairing);
      if (!bytes || !center) continue;
      const pack = open(bytes, pairing, center, () => false);
      if (!pack.ok) continue;
      const kept = await keep(ports, pack.value, bytes, center);
      if (!kept.ok) {
        judgedBy = undefined;
        continue;
      }
      uids.set(`${hex(pack.value.signer)} ${hex(pack.value.uid)}`, packId);
      ports.log.info('appliance/letter-released', { packId });
      count += 1;
    }
    return count;
  }

  async function take(packId: PackId, bytes: Uint8Array, pairing: Pairing): Promise<boolean> {
    if (!knowsMailbox(bytes, pairing)) {
      // The first grant of a pairing names a mailbox that this box does not have yet.
      const granted = await ports.acceptGrant(bytes);
      if (granted.ok) return taken(packId, true);
    }
    const center = centerOf(bytes, pairing);
    if (!center) return false;
    const pack = open(bytes, pairing, center, (id) => opened.has(id));
    if (!pack.ok && pack.fault.kind === 'seal/seen') return taken(packId, false);
    const kept = pack.ok
      ? await keep(ports, pack.value, bytes, center)
      : await quarantine(ports, packId, bytes, pack.fault);
    if (!kept.ok) {
      ports.log.error('appliance/letter-not-kept', { packId, kind: kept.fault.kind });
      return false;
    }
    opened.add(packId);
    if (pack.ok) uids.set(`${hex(pack.value.signer)} ${hex(pack.value.uid)}`, packId);
    return taken(packId, true);
  }

  async function taken(packId: PackId, isNew: boolean): Promise<boolean> {
    const marked = await ports.spool.markTaken(packId);
    if (!marked.ok) ports.log.error('appliance/spool-refuses', { kind: marked.fault.kind });
    return isNew;
  }

  return {
    turn: async (pairing) => {
      lists.look(pairing.centers);
      let count = await judgeAgain(pairing);
      const failed = new Set<PackId>();
      for (const packId of await ports.spool.arrivedPacks()) {
        const bytes = await read(packId, failed);
        if (bytes && (await take(packId, bytes, pairing))) count += 1;
      }
      unreadable = failed;
      await ports.spool.forgetTaken();
      return count;
    },
    unreadable: () => unreadable.size,
    keyListsBehind: ({ centers }) => lists.behind(centers),
    epochStep: ({ centers }) => lists.epochStep(centers),
  };
}

/** Makes an opened letter durable: evidence and documents as files, then its facts. */
async function keep(
  ports: IncomingPorts & { readonly lists: KeyListWatch },
  pack: OpenedPack,
  bytes: Uint8Array,
  center: Center,
): Promise<Result<void, StoreFault>> {
  if (pack.kind === 'enrol') return keepGrant(ports, pack, bytes);
  const letter = parseLetter(pack.kind, pack.meta, pack.payload, 'to-clinic');
  const outcome: Outcome = letter.ok
    ? await outcomeOf(ports, pack, letter.value, center)
    : { check: 12, refusal: letter.fault.message };
  if ('refusal' in outcome) {
    const { check, refusal: reason } = outcome;
    return quarantine(ports, pack.packId, bytes, { check, reason, opened: usedUid(pack) });
  }
  const heard = letter.ok && ports.lists.heard(center, letter.value, pack.sealedAtMs);
  if (heard) await ports.noteHeard?.(center.root, heard);
  const evidence = await ports.files.keepLetter(pack.packId, bytes);
  if (!evidence.ok) return evidence;
  if (letter.ok && letter.value.kind === 'report') {
    const documents = await keepDocuments(ports.files, letter.value.report);
    if (!documents.ok) return documents;
  }
  // `opened` is the last: a power cut that leaves a part of them leaves a letter that is judged once more.
  return ports.recorder.record([...outcome.facts, openedFact(ports, pack)]);
}

/** A grant of later, in the box's own mailbox: the records of pairing say what it changes. */
async function keepGrant(
  ports: IncomingPorts,
  pack: OpenedPack,
  bytes: Uint8Array,
): Promise<Result<void, StoreFault>> {
  const granted = await ports.acceptGrant(bytes);
  if (!granted.ok) {
    const reason = granted.fault.message;
    return quarantine(ports, pack.packId, bytes, { check: 12, reason, opened: usedUid(pack) });
  }
  const evidence = await ports.files.keepLetter(pack.packId, bytes);
  return evidence.ok ? ports.recorder.record([openedFact(ports, pack)]) : evidence;
}

/** Why an arrived pack does not count, and the uid that it used up where it could be opened. */
interface Refusal {
  readonly check: number;
  readonly reason: string;
  readonly opened?: ReturnType<typeof usedUid>;
}

/** Never lost, never hidden: the bytes and the reason are kept, and the screen says so. */
async function quarantine(
  ports: IncomingPorts,
  packId: string,
  bytes: Uint8Array,
  refusal: Refusal,
): Promise<Result<void, StoreFault>> {
  const { check, opened } = refusal;
  const reason = `Check ${check}: ${refusal.reason}`;
  ports.log.error('appliance/letter-refused', { packId, check, reason: refusal.reason });
  const kept = await ports.files.quarantine(packId, bytes, reason);
  if (!kept.ok) return kept;
  const atMs = ports.clock.nowMs();
  return ports.recorder.record([
    { fact: 'quarantined', atMs, packId, check, reason, ...(opened && { opened }) },
  ]);
}

async function keepDocuments(
  files: LetterFiles,
  { meta, documents }: Report,
): Promise<Result<void, StoreFault>> {
  for (const [index, { sha256 }] of meta.documents.entries()) {
    const bytes = documents[index]?.bytes;
    if (!bytes) continue;
    const put = await files.putReportDocument(sha256, bytes);
    if (!put.ok) return put;
  }
  return ok(undefined);
}

function openedFact(ports: IncomingPorts, pack: OpenedPack): BoxFact {
  return {
    fact: 'opened',
    atMs: ports.clock.nowMs(),
    packId: pack.packId,
    ...usedUid(pack),
    kind: pack.kind,
  };
}

function usedUid({ signer, uid }: OpenedPack): { readonly signer: string; readonly uid: string } {
  return { signer: hex(signer), uid: hex(uid) };
}

function knowsMailbox(bytes: Uint8Array, pairing: Pairing): boolean {
  const mailbox = bytes.subarray(mailboxOffset, mailboxOffset + mailboxLength);
  return centerOfMailbox(pairing, hex(mailbox)) !== undefined;
}

/** The center whose mailbox the header names; a header that names none is refused by the checks of any center. */
function centerOf(bytes: Uint8Array, pairing: Pairing): Center | undefined {
  const mailbox = bytes.subarray(mailboxOffset, mailboxOffset + mailboxLength);
  return centerOfMailbox(pairing, hex(mailbox)) ?? pairing.centers[0];
}
