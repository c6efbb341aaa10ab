import { hex, utf8Text } from '../core/bytes.ts';
import { openCustody } from '../seal/custody.ts';
import { sha256 } from '../seal/sha256.ts';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
import { answeredBox, findBox, isReplaced } from './boxes.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import { boxOfSubject } from './report-version.ts';
import type { OutgoingRow } from './rows.ts';

/** A report that its box has not acknowledged is sealed again this long after the relay took the last seal. */
const unacknowledgedAfterMs = 24 * 60 * 60 * 1000;

type CustodyPorts = Pick<CenterPorts, 'spool' | 'ledger' | 'clock' | 'log'>;

/**
 * Keeps `out/new` and the ledger of one mind: what the relay signed for is removed, what was lost or damaged before
 * that is forgotten so that it is sealed again, and a pack without a row (a crash between the two) is removed.
 */
export async function keepOutgoing(ports: CustodyPorts, party: Party): Promise<void> {
  const { spool, ledger, log } = ports;
  const receipts = new Set<string>(await spool.custodyPacks());
  const rows = await ledger.outgoing();
  const taken: OutgoingRow[] = [];
  for (const row of rows.filter(
    ({ state, packId }) => state === 'sealed' && receipts.has(packId),
  )) {
    if (await isInCustody(spool, row, party)) taken.push(row);
  }
  if (taken.length > 0) {
    await ledger.markCustody(taken.map(({ packId }) => packId));
    log.info('center/custody', { packs: taken.length });
  }
  const takenIds = new Set(taken.map(({ packId }) => packId));
  const waiting = new Set<string>(
    rows.filter((row) => row.state === 'sealed' && !takenIds.has(row.packId)).map((r) => r.packId),
  );
  const files = await spool.sentPacks();
  for (const packId of files) if (!waiting.has(packId)) await spool.removeSent(packId);

  const damaged = await damagedPacks(ports, waiting);
  for (const packId of damaged) await spool.removeSent(packId);
  const present = new Set<string>(files.filter((packId) => !damaged.includes(packId)));
  const lost = [...waiting].filter((packId) => !present.has(packId));
  const silent = await silentReports(ports, rows);
  const moved = await movedReports(ports, rows, party);
  const again = [...new Set([...lost, ...silent, ...moved])];
  if (again.length === 0) return;
  await ledger.dropOutgoing(again);
  log.warn('center/sealed-again', {
    lost: lost.length,
    unacknowledged: silent.length,
    moved: moved.length,
  });
}

async function isInCustody(
  spool: CustodyPorts['spool'],
  { packId, sizeBytes }: OutgoingRow,
  { keyList }: Party,
): Promise<boolean> {
  const id = parsePackId(packId);
  const text = utf8Text((id && (await spool.custodyReceipt(id))) ?? new Uint8Array()) ?? '';
  return keyList.relays.some(({ receipt }) => {
    const custody = openCustody(text, receipt);
    return (
      custody.ok &&
      custody.value.packs.some((pack) => pack.packId === packId && pack.sizeBytes === sizeBytes)
    );
  });
}

/** Packs that the agent calls damaged, if they are: it is no reason to seal again that a relay refuses a good one. */
async function damagedPacks(
  { spool }: CustodyPorts,
  waiting: ReadonlySet<string>,
): Promise<readonly PackId[]> {
  const faults = (await spool.agentState())?.faults ?? [];
  const damaged: PackId[] = [];
  for (const { kind, packId } of faults) {
    const id = kind === 'agent/damaged-pack' && packId ? parsePackId(packId) : undefined;
    if (id === undefined || !waiting.has(id)) continue;
    const bytes = await spool.readSent(id);
    if (bytes !== undefined && hex(sha256(bytes)) !== id) damaged.push(id);
  }
  return damaged;
}

/** Reports that nobody acknowledged and that are sealed to a box in whose place another one is now. */
async function movedReports(
  { ledger }: CustodyPorts,
  rows: readonly OutgoingRow[],
  { tickets }: Party,
): Promise<readonly string[]> {
  const open = new Set((await ledger.openReports()).map(({ packId }) => packId));
  const moved: string[] = [];
  for (const { kind, packId, subject, studyInstanceUid } of rows) {
    if (kind !== 'report' || !open.has(packId)) continue;
    const identity = boxOfSubject(subject) ?? (await ledger.findStudy(studyInstanceUid))?.box;
    const box = identity === undefined ? undefined : findBox(tickets, identity);
    const isMoved = box !== undefined && isReplaced(box) && answeredBox(tickets, box.identity);
    if (isMoved) moved.push(packId);
  }
  return moved;
}

async function silentReports(
  { ledger, clock }: CustodyPorts,
  rows: readonly OutgoingRow[],
): Promise<readonly string[]> {
  const open = new Set((await ledger.openReports()).map(({ packId }) => packId));
  return rows
    .filter(
      ({ kind, state, packId }) => kind === 'report' && state === 'custody' && open.has(packId),
    )
    .filter(({ sealedAt }) => clock.nowMs() - Date.parse(sealedAt) > unacknowledgedAfterMs)
    .map(({ packId }) => packId);
}
