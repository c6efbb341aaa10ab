import { isoOf } from '../core/clock.ts';
import { buildDeliveryReceipt, type DeliveredInstance } from '../letters/receipt.ts';
import { buildReport } from '../letters/report.ts';
import type { SealedPack } from '../seal/pack.ts';
import type { Order } from '../wire/order.ts';
import { parsePackId } from '../wire/pack-id.ts';
import { createAbilities } from './abilities.ts';
import { answeredBox, type Box, confirmedBoxes } from './boxes.ts';
import { spoolError, spoolValue } from './disk.ts';
import type { EpochGone } from './epoch-gone.ts';
import { dueGrants } from './granting.ts';
import { isFulfilled } from './manifests.ts';
import { orderOf } from './order.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import { reportSubject } from './report-version.ts';
import { dueResends } from './resend-letters.ts';
import type { Resends } from './resends.ts';
import type { InstanceKey, KnownManifest, OutgoingRow, ReportRow, StudyRow } from './rows.ts';
import { sealToBox } from './seal.ts';

type AnswerPorts = Pick<
  CenterPorts,
  'spool' | 'ledger' | 'archive' | 'sequence' | 'clock' | 'random' | 'log' | 'abilities'
>;

/** After a restore thousands are due: a critical report must not wait for all of them. */
const mostResendsATurn = 50;

/** Seals what the boxes wait for: delivery receipts and reports. */
export function createAnswering(
  ports: AnswerPorts,
  destination: string,
  resends: Pick<Resends, 'due'>,
  gone: Pick<EpochGone, 'due'>,
) {
  const { spool, ledger, archive, log } = ports;
  const abilities =
    ports.abilities && createAbilities(ports, ports.abilities.told, ports.abilities.file);
  let order: Order | undefined;

  const send = (...sealed: Sent): Promise<OutgoingRow> => putSealed(ports, ...sealed);

  async function sealReceipt(
    party: Party,
    manifest: KnownManifest,
    list: readonly InstanceKey[],
  ): Promise<void> {
    const to = await recipientOf(ledger, party, manifest.studyInstanceUid);
    if (to === undefined) return;
    const letter = buildDeliveryReceipt({
      study: manifest.studyInstanceUid,
      manifest: manifest.packId,
      list: party.keyList.list,
      instances: list.map(({ datasetSha256 }) => delivered(datasetSha256, destination)),
    });
    const sealed = await sealToBox(ports, party, to.box, { kind: 'receipt', ...letter });
    const subject = manifest.packId;
    await ledger.putOutgoing(await send(sealed, { kind: 'receipt', subject, class: 1 }, to.study));
    log.info('center/receipt-sealed', { packId: sealed.packId, instances: list.length });
  }

  async function sealReport(party: Party, row: ReportRow): Promise<void> {
    const to = await recipientOf(ledger, party, row.studyInstanceUid);
    const kept = await archive.read(row.reportId, row.version);
    if (to === undefined || kept === undefined) return;
    const before = await ledger.findReport(row.reportId, row.version - 1);
    if (before !== undefined && before.packId === null) return;
    const { header, documentType } = kept.report;
    const letter = buildReport(
      { ...header, supersedes: before?.packId ?? null, list: party.keyList.list },
      [{ type: documentType, bytes: kept.document }],
    );
    const sealed = await sealToBox(ports, party, to.box, { kind: 'report', ...letter });
    const subject = reportSubject(row, to.box.identity);
    const outgoing = await send(
      sealed,
      { kind: 'report', subject, class: row.isCritical ? 0 : 1 },
      to.study,
    );
    const sealedRow = { ...row, packId: sealed.packId, state: 'sealed' } as const;
    await archive.update(sealedRow);
    await ledger.putOutgoing(outgoing);
    await ledger.putReport(sealedRow);
    log.info('center/report-sealed', { packId: sealed.packId, version: row.version });
  }

  /** Whether there may be more letters than one turn seals. */
  async function askAgain(party: Party): Promise<boolean> {
    const due = await dueResends(resends, ledger, party, mostResendsATurn);
    for (const { box, study, row, letter } of due) {
      const sealed = await sealToBox(ports, party, box, { kind: 'control', ...letter });
      await ledger.putOutgoing(await send(sealed, row, study));
      log.info('center/resend-sealed', { packId: sealed.packId });
    }
    return due.length === mostResendsATurn;
  }

  /** Boxes that are confirmed hear once a version what the destination takes, and which packs nobody can open. */
  async function tellBoxes(party: Party): Promise<void> {
    const boxes = confirmedBoxes(party.tickets);
    const able = abilities ? await abilities.due(party, boxes, await ledger.outgoing()) : [];
    const useless = await gone.due(party, boxes, ledger.outgoing);
    for (const { box, letter, row } of [...able, ...useless]) {
      const sealed = await sealToBox(ports, party, box, { kind: 'control', ...letter });
      await ledger.putOutgoing(await send(sealed, row, row));
      log.info('center/control-sealed', { packId: sealed.packId, register: letter.meta.register });
    }
  }

  async function sendGrants(party: Party): Promise<void> {
    for (const { sealed, row } of await dueGrants(ports, party, await ledger.outgoing())) {
      await ledger.putOutgoing(await send(sealed, row, row));
      log.info('center/grant-sealed', { packId: sealed.packId });
    }
  }

  return {
    /**
     * Answers every manifest that is fulfilled, seals every report that waits, and tells what can be delivered. True
     * when more is to be answered at once.
     */
    async answer(party: Party): Promise<boolean> {
      for (const manifest of await ledger.answerable()) {
        const list = await ledger.listStates(manifest.packId);
        if (isFulfilled(list)) await sealReceipt(party, manifest, list);
      }
      for (const row of await ledger.openReports()) {
        if (row.state === 'waiting') await sealReport(party, row);
      }
      await tellBoxes(party);
      await sendGrants(party);
      return askAgain(party);
    },

    /** Writes the sending order when it changed. */
    async publishOrder(): Promise<void> {
      const next = orderOf(await ledger.outgoing(), order);
      if (order !== undefined && JSON.stringify(order) === JSON.stringify(next)) return;
      spoolValue(await spool.writeOrder(next));
      order = next;
    },
  };
}

type Sent = readonly [
  sealed: SealedPack,
  row: Pick<OutgoingRow, 'kind' | 'subject' | 'class'>,
  study: Pick<StudyRow, 'studyInstanceUid' | 'group'>,
];

/** The file is durable before the row says so; a file without a row is an orphan that housekeeping removes. */
async function putSealed(
  { spool, clock }: Pick<AnswerPorts, 'spool' | 'clock'>,
  ...[sealed, row, { studyInstanceUid, group }]: Sent
): Promise<OutgoingRow> {
  const packId = parsePackId(sealed.packId);
  if (packId === undefined) throw new TypeError('Sealing gave no pack id');
  const put = await spool.putPack(packId, sealed.bytes);
  if (!put.ok) throw spoolError(put.fault);
  return {
    ...row,
    ...{ packId, studyInstanceUid, group, sizeBytes: sealed.bytes.length },
    ...{ state: 'sealed', sealedAt: isoOf(clock.nowMs()) },
  };
}

/** The box that is answered for a study, if it is confirmed. */
async function recipientOf(
  ledger: Pick<CenterPorts['ledger'], 'findStudy'>,
  { tickets }: Party,
  studyInstanceUid: string,
): Promise<{ readonly study: StudyRow; readonly box: Box } | undefined> {
  const study = await ledger.findStudy(studyInstanceUid);
  const box = study && answeredBox(tickets, study.box);
  return study && box?.standing === 'confirmed' ? { study, box } : undefined;
}

/** The dataset that left the modality is what the destination got: no transform exists yet. */
function delivered(digest: string, destination: string): DeliveredInstance {
  return { originalDigest: digest, deliveredDigest: digest, destination, transforms: [] };
}
