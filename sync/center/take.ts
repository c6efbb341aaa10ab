import { hex } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { parseHeader } from '../seal/header.ts';
import type { PackId } from '../wire/pack-id.ts';
import { isReplaced } from './boxes.ts';
import { readData } from './data.ts';
import { spoolError, spoolValue } from './disk.ts';
import type { EpochGone } from './epoch-gone.ts';
import type { Holding } from './holding.ts';
import { enter } from './instances.ts';
import { manifestRowOf } from './manifests.ts';
import { openArrived, packRowOf, type ReadPack, type Refusal, refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';
import { DiskError } from './ports-disk.ts';
import type { Ledger } from './ports-ledger.ts';
import type { Party } from './ports-party.ts';
import { quarantine } from './quarantine.ts';
import { mostNamed } from './resend-causes.ts';
import type { Resends } from './resends.ts';
import type { InstanceKey, LedgerEntry, StudyRow } from './rows.ts';
import { takeRanges } from './take-ranges.ts';
import { takeReportReceipt } from './take-receipt.ts';

type TakePorts = Pick<
  CenterPorts,
  'spool' | 'store' | 'archive' | 'ledger' | 'decoder' | 'clock' | 'random' | 'log'
>;

/** What became of one pack. */
export type Taken = 'taken' | 'seen' | 'held' | 'quarantined' | 'gone' | 'request';

/**
 * Takes packs in. The order that never loses: the pack is opened and proven, its objects are durable as files, then
 * what it said is, then the ledger has the rows, and only then is it marked taken, so that the relay may drop it.
 * A crash between any two repeats the steps before, and each of them is idempotent.
 */
export function createTaking(
  outside: TakePorts,
  {
    holding,
    gone,
    ...resends
  }: Pick<Resends, 'note' | 'damaged'> & {
    readonly holding: Holding;
    readonly gone: Pick<EpochGone, 'changed'>;
  },
) {
  const ports = { ...outside, resends };
  const { spool, store, ledger, log } = ports;

  /** Decides about one pack and makes the outcome durable; throws only when the disk fails. */
  async function settle(packId: string, bytes: Uint8Array, party: Party): Promise<Taken> {
    try {
      const header = parseHeader(bytes);
      const seen = await ledger.findPack(packId);
      const ofUid = header.ok ? await ledger.packsOfUid(hex(header.value.uid)) : [];
      const opening = openArrived(packId, bytes, party, { isSeen: seen !== undefined, ofUid });
      switch (opening.outcome) {
        case 'seen':
          await askAgain(ledger, packId);
          return 'seen';
        case 'request':
          return 'request';
        case 'held':
          await holding.keep(packId, bytes, opening);
          return 'held';
        case 'refused':
          if (opening.refusal.kind !== 'center/epoch-gone') {
            return await quarantine(ports, packId, opening.refusal, bytes);
          }
          // What nobody can open any more proves nothing.
          await quarantine(ports, packId, opening.refusal, undefined);
          gone.changed();
          return 'quarantined';
        default: {
          const refusal = await takeIn(ports, opening.pack, party);
          if (refusal === undefined) return 'taken';
          await quarantine(ports, packId, refusal, bytes);
          await noteUnusable(ports, opening.pack, refusal);
          return 'quarantined';
        }
      }
    } catch (cause) {
      if (cause instanceof DiskError) throw cause;
      // A defect that one pack brings out must not stop the others.
      log.error('center/bug', {
        packId,
        reason: cause instanceof Error ? cause.message : 'unknown',
      });
      return await quarantine(ports, packId, refusalOf('center/bug', 'the program failed'), bytes);
    }
  }

  return {
    /** Takes one arrived pack and marks it taken; a request of pairing is left for `takeRequests`. */
    async arrived(packId: PackId, party: Party): Promise<Taken> {
      const read = await spool.readArrived(packId);
      let taken: Taken;
      if (read.ok) taken = await settle(packId, read.value, party);
      else if (read.fault.kind === 'spool/missing') return 'gone';
      else if (read.fault.kind === 'spool/refused') {
        const refusal = refusalOf('center/unreadable', 'it is no regular file of a pack');
        taken = await quarantine(ports, packId, refusal, undefined);
      } else throw spoolError(read.fault);
      if (taken === 'request') return taken;
      spoolValue(await spool.markTaken(packId));
      log.info(`center/${taken}`, { packId });
      return taken;
    },

    /** Looks at the held packs again: their boxes may be confirmed by now, or gone. */
    async held(party: Party): Promise<number> {
      await holding.tidy();
      let released = 0;
      for (const packId of await store.held()) {
        const bytes = await store.readHeld(packId);
        if (bytes === undefined) continue;
        const taken = await settle(packId, bytes, party);
        if (taken === 'held') continue;
        await holding.drop(packId);
        log.info('center/released', { packId, outcome: taken });
        released += 1;
      }
      return released;
    },
  };
}

/** The same manifest came again: its box still waits, so the receipt that the relay had is sealed once more. */
async function askAgain(ledger: Ledger, packId: string): Promise<void> {
  const answers = await ledger.receiptsOf(packId);
  const inCustody = answers.filter(({ state }) => state === 'custody');
  await ledger.dropOutgoing(inCustody.map((row) => row.packId));
}

/** Makes a good pack durable and records it; a refusal says why it cannot be believed after all. */
async function takeIn(
  ports: TakePorts & { readonly resends: Pick<Resends, 'note' | 'damaged'> },
  pack: ReadPack,
  { tickets }: Party,
): Promise<Refusal | undefined> {
  const { store, ledger, clock } = ports;
  const row = packRowOf(pack, isoOf(clock.nowMs()));
  const twins = await ledger.packsOfNumber(row.stream, row.sequence);
  if (twins.some(({ signer, packId }) => signer === row.signer && packId !== row.packId)) {
    return refusalOf('center/clone', 'its box used the number of another pack');
  }
  const { letter } = pack;
  let entry: LedgerEntry = { pack: row, instances: [] };
  if (letter.kind === 'receipt') {
    const refusal = await takeReportReceipt(ports, letter.receipt, pack.box, tickets);
    if (refusal !== undefined) return refusal;
  } else if (letter.kind === 'control' && letter.control.register === 'addressee') {
    const { study: studyInstanceUid, version, isYours: isOurs } = letter.control;
    const { identity, site } = pack.box;
    entry = { ...entry, addressee: { studyInstanceUid, site, box: identity, version, isOurs } };
  } else if (letter.kind === 'data' || letter.kind === 'manifest') {
    const uid = letter.kind === 'data' ? letter.data.study : letter.manifest.meta.study;
    const study = await studyOf(ports, uid, pack);
    if (study === undefined) {
      return refusalOf('center/foreign-study', 'another site sent this study before');
    }
    if (letter.kind === 'manifest') {
      const { manifest, list } = manifestRowOf(row.packId, letter.manifest);
      if (letter.manifest.meta.again) await noteLacking(ports, study, row.packId, list ?? []);
      entry = { ...entry, study, manifest, ...(list && { list }) };
    } else {
      const pieces = await ports.decoder.decode(letter.data, letter.payload);
      if (!pieces.ok) return refusalOf('center/payload', pieces.fault.message);
      const content = readData(letter.data, pieces.value);
      if (!content.ok) return content.fault;
      await store.putObjects(uid, content.value.whole, await ports.resends.damaged(uid));
      const joined = await takeRanges(ports, study, content.value.ranges, row);
      const facts = [...content.value.whole.map((object) => object.facts), ...joined];
      const known = await ledger.findInstances(facts.map((fact) => fact.sopInstanceUid));
      entry = { ...entry, study, instances: enter(facts, known) };
    }
  }
  await store.putEntry(entry);
  await ledger.record(entry);
  noteConflicts(ports.log, entry);
  return undefined;
}

/**
 * What a box offers again since this center was put back from a backup, and what is not here: it comes by no pack until
 * it is asked for. Noted before the list is recorded: the pack that is taken twice after a crash notes it once.
 */
async function noteLacking(
  { ledger, resends }: Pick<TakePorts, 'ledger'> & { readonly resends: Pick<Resends, 'note'> },
  study: StudyRow,
  packId: string,
  list: readonly InstanceKey[],
): Promise<void> {
  const known = await ledger.findInstances(list.map(({ sopInstanceUid }) => sopInstanceUid));
  const here = new Set(known.map(({ datasetSha256 }) => datasetSha256));
  const lacking = list.map(({ datasetSha256 }) => datasetSha256).filter((each) => !here.has(each));
  if (lacking.length === 0) return;
  const instances = lacking.length > mostNamed ? [] : lacking;
  await resends.note(study, { id: `restored/${packId}`, reason: 'restored', packs: [], instances });
}

/** Images of a pack that is the box's own and cannot be used are asked for again. */
async function noteUnusable(
  { resends }: { readonly resends: Pick<Resends, 'note'> },
  { opened: { packId }, letter, box }: ReadPack,
  { kind }: Refusal,
): Promise<void> {
  if (letter.kind !== 'data' || (kind !== 'center/payload' && kind !== 'center/digest')) return;
  await resends.note(
    { studyInstanceUid: letter.data.study, box: box.identity },
    {
      ...{ id: `pack/${packId}`, reason: 'unreadable', packs: [packId] },
      instances: letter.data.instances.map(({ datasetSha256 }) => datasetSha256),
    },
  );
}

/** The row of the study with this box as its owner; undefined when it is another site's. */
async function studyOf(
  { ledger, clock, random }: TakePorts,
  studyInstanceUid: string,
  { box }: ReadPack,
): Promise<StudyRow | undefined> {
  const known = await ledger.findStudy(studyInstanceUid);
  if (known === undefined) {
    return {
      studyInstanceUid,
      box: box.identity,
      site: box.site,
      group: hex(random.bytes(16)),
      firstAt: isoOf(clock.nowMs()),
    };
  }
  // A replaced box imports the studies of its site and seals them anew; the answers then go to the new one.
  if (known.site !== box.site) return undefined;
  return isReplaced(box) ? known : { ...known, box: box.identity };
}

function noteConflicts(log: Log, { pack, instances }: LedgerEntry): void {
  const count = instances.filter(({ enteredAs }) => enteredAs === 'conflict').length;
  if (count > 0) log.error('center/conflict', { packId: pack.packId, instances: count });
}
