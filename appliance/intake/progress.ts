import { isoOf } from '#sync/core/clock.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { ApiFault, StudyRow, StudyState } from '../api/contract.ts';
import type { StoredReport, StudyRecord } from '../ports-studies.ts';
import { type CenterRules, type LinkedCenter, shownCenter } from './addressing.ts';
import type { Queue } from './queue.ts';

/** What changes without a row changing: arrivals, the agent's last words, whether anything may leave. */
export interface ProgressContext {
  readonly isReceiving: (study: string) => boolean;
  readonly agent: AgentState | undefined;
  readonly queue?: Queue;
  /** Where the box has several centers, which they are and what the config says of them. */
  readonly centers?: readonly LinkedCenter[];
  readonly centerRules?: CenterRules;
  /** Studies that only a supervisor may send once more. */
  readonly refusedResends?: ReadonlySet<string> | undefined;
}

/** The screen's row of a study. The state is derived here and stored nowhere. */
export function studyRow(record: StudyRecord, context: ProgressContext): StudyRow {
  const center = centerOf(record, context);
  const help = helpOf(record) ?? stoppedHelp(record, center) ?? resendHelp(record, context);
  const state = stateOf(record, context, help);
  const sent = sentBytes(record, context.agent);
  const total = sealedBytes(record) + record.unsealedBytes;
  const turn = context.queue?.get(record.studyInstanceUid);
  return {
    studyInstanceUid: record.studyInstanceUid,
    patientName: record.patientName,
    patientId: record.patientId,
    patientSex: record.patientSex,
    patientBirthDate: record.patientBirthDate,
    accessionNumber: record.accessionNumber,
    studyDescription: record.studyDescription,
    modality: record.modality,
    isStat: record.priority.level === 'stat',
    priority: record.priority,
    ...(center && { center: { code: center.code, name: center.name } }),
    isLossy: record.isLossy,
    takenAt: takenAt(record),
    arrivedAt: isoOf(record.firstArrivedAtMs),
    callingAeTitle: record.callingAeTitle,
    seriesCount: record.seriesCount,
    instanceCount: instanceCount(record),
    sizeBytes: record.sizeBytes,
    state,
    sentPercent: sentPercent(record, sent, total),
    secondsLeft: turn ? turn.secondsLeft : secondsLeft(state, total - sent, context.agent),
    ...(turn && { turn }),
    stateAt: stateAt(record, state),
    ...(currentReport(record.reports)?.critical && { isCritical: true }),
    ...(record.isAskedAgain && { isAskedAgain: true }),
    isUnordered: record.isUnordered,
    // More may still be coming: a shortage is claimed with evidence only.
    missingCount: context.isReceiving(record.studyInstanceUid) ? 0 : record.missingCount,
    help,
  };
}

function centerOf(record: StudyRecord, context: ProgressContext): LinkedCenter | undefined {
  const { addressee, callingAeTitle, modality, order } = record;
  const modalities = modality.split('\\');
  const ground = { callingAeTitle, modalities, orderPriority: order?.priority };
  const study = { addressee: addressee ?? undefined, ground };
  return shownCenter(context.centers ?? [], context.centerRules ?? {}, study);
}

/** Another center could read it, but nobody except a person may say so. */
function stoppedHelp({ counts }: StudyRecord, center: LinkedCenter | undefined): ApiFault | null {
  if (!center || center.isOpen || counts.stored + counts.packed === 0) return null;
  return {
    code: 'CENTER-STOPPED',
    message: `The study is for ${sanitize(center.name)}, which takes no studies from this box now`,
    next: 'Call that center, or send it to another one with outpost study address',
  };
}

/** It must go again, and went often enough without a person. */
function resendHelp(
  { studyInstanceUid }: StudyRecord,
  { refusedResends }: ProgressContext,
): ApiFault | null {
  if (!refusedResends?.has(studyInstanceUid)) return null;
  return {
    code: 'RESEND-LIMIT',
    message: `The center did not get all of it. A supervisor runs: outpost study resend ${studyInstanceUid} --by NAME --reason TEXT`,
    next: 'Call the center first; it went twice more already, or would cost too much of the budget',
  };
}

/** The report that counts for a study: of each report its newest version, unless withdrawn; of those the last. */
export function currentReport(reports: readonly StoredReport[]): StoredReport | undefined {
  const newest = new Map<string, StoredReport>();
  for (const report of reports) {
    const known = newest.get(report.report);
    if (report.refusal === null && report.version > (known?.version ?? 0)) {
      newest.set(report.report, report);
    }
  }
  return [...newest.values()]
    .filter(({ status }) => status !== 'withdrawn')
    .toSorted((a, b) => b.atMs - a.atMs)[0];
}

/** Every instance of the study that is to reach the center. */
function travellingCount({ counts }: StudyRecord): number {
  return counts.stored + counts.packed + counts.delivered + counts.purged;
}

/** Images of the study as staff count them: one that came in two encodings is one. */
export function instanceCount({ counts }: Pick<StudyRecord, 'counts'>): number {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all - counts.resend - counts.aside - counts.discarded;
}

/** Whether nothing of the study is sent, because it came from a medium and nobody asked for it. */
function isHeld(record: Pick<StudyRecord, 'outside' | 'isFromDevice'>): boolean {
  return record.outside !== null && record.outside.releasedAtMs === null && !record.isFromDevice;
}

/** Trouble first; then what the reader said; then how far the images are. */
function stateOf(
  record: StudyRecord,
  { isReceiving, agent }: ProgressContext,
  help: ApiFault | null,
): StudyState {
  if (help) return 'needs help';
  if (isHeld(record)) return 'outside';
  if (currentReport(record.reports)) return 'report ready';
  if (isReceiving(record.studyInstanceUid)) return 'receiving';
  if (isSetAside(record)) return 'set aside';
  if (isDelivered(record)) return 'delivered';
  if (isAtCenter(record)) return 'at center';
  return sentBytes(record, agent) > 0 ? 'sending' : 'waiting';
}

/** A supervisor rejected all of it. */
function isSetAside(record: StudyRecord): boolean {
  const { rejected, discarded } = record.counts;
  return rejected + discarded > 0 && travellingCount(record) === 0;
}

function isDelivered(record: StudyRecord): boolean {
  const { counts } = record;
  const atCenter = counts.delivered + counts.purged;
  return atCenter > 0 && atCenter === travellingCount(record);
}

function isAtCenter(record: StudyRecord): boolean {
  const { counts, openPacks, custodyBytes, isListed } = record;
  return counts.stored === 0 && openPacks.length === 0 && custodyBytes > 0 && isListed;
}

function helpOf(record: StudyRecord): ApiFault | null {
  const { counts, isIdentified, reports, order } = record;
  if (!isIdentified && !isHeld(record)) {
    return {
      code: 'NEEDS-IDENTITY',
      message: 'The images came without a Patient ID or a legal study number, so they are not sent',
      next: 'Say whose they are with outpost identity, or send them again from the device',
    };
  }
  if (counts.identity > 0) {
    return {
      code: 'OTHER-IDENTITY',
      message: `${counts.identity} image(s) carry the number of an image of another patient or study and are held`,
      next: 'Call the center; find out on the device whose images they are',
    };
  }
  if (counts.conflict > 0) {
    return {
      code: 'CONFLICT',
      message: `${counts.conflict} image(s) came a second time with other content and are held`,
      next: 'Compare them on the device; the first ones are sent',
    };
  }
  if (counts.damaged > 0) {
    return {
      code: 'DAMAGED',
      message: `${counts.damaged} image(s) can no longer be read as they came: please send the study again from ${record.callingAeTitle || 'the import folder'}`,
      next: 'Send the study again; what is whole is sent',
    };
  }
  if (order?.consent === 'refused' && counts.stored > 0) {
    return {
      code: 'CONSENT-REFUSED',
      message: 'The order says that the patient refused, so the images stay on this box',
      next: 'If the patient agrees after all, change the order',
    };
  }
  const refused = reports.find(
    ({ refusal }) => refusal !== null && refusal.kind !== 'report/old-version',
  );
  return refused?.refusal
    ? {
        code: codeOf(refused.refusal.kind),
        message: refused.refusal.message,
        next: 'Call the center',
      }
    : null;
}

function codeOf(kind: string): string {
  return kind.replace('/', '-').toUpperCase();
}

function sealedBytes({ custodyBytes, openPacks }: StudyRecord): number {
  return custodyBytes + openPacks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Sealed bytes that the relay holds: packs in custody, and what it confirmed of the others. */
function sentBytes(
  { custodyBytes, openPacks }: StudyRecord,
  agent: AgentState | undefined,
): number {
  const partly = openPacks.map(({ packId, sizeBytes }) =>
    Math.min(sizeBytes, agent?.offsets[packId] ?? 0),
  );
  return custodyBytes + partly.reduce((sum, bytes) => sum + bytes, 0);
}

/** 100 only when all is there: rounding never claims the last image. */
function sentPercent(record: StudyRecord, sent: number, total: number): number {
  if (isDelivered(record) || isAtCenter(record)) return 100;
  return total <= 0 ? 0 : Math.min(99, Math.floor((100 * sent) / total));
}

function secondsLeft(
  state: StudyState,
  leftBytes: number,
  agent: AgentState | undefined,
): number | null {
  const isUnderWay = state === 'sending' || state === 'waiting' || state === 'receiving';
  const rate = agent?.link === 'up' ? agent.rateBytesPerS : 0;
  return isUnderWay && rate > 0 && leftBytes > 0 ? Math.ceil(leftBytes / rate) : null;
}

function stateAt(record: StudyRecord, state: StudyState): string | null {
  const report = currentReport(record.reports);
  if (state === 'report ready' && report) return isoOf(report.atMs);
  if (state === 'delivered') return isoOrNull(record.deliveredAtMs);
  if (state === 'at center') return isoOrNull(record.lastCustodyAtMs);
  return null;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}

/** Study date and time as the device wrote them (its own wall clock, shown as such), else the arrival. */
function takenAt({ studyDate, studyTime, firstArrivedAtMs }: StudyRecord): string {
  const date = /^(\d{4})(\d{2})(\d{2})$/.exec(studyDate);
  const time = /^(\d{2})(\d{2})?(\d{2})?/.exec(studyTime);
  if (!date) return isoOf(firstArrivedAtMs);
  const text = `${date[1]}-${date[2]}-${date[3]}T${time?.[1] ?? '00'}:${time?.[2] ?? '00'}:${time?.[3] ?? '00'}`;
  // The device's wall clock, so without a zone: a clinic must not see it shifted.
  return Number.isNaN(Date.parse(`${text}Z`)) ? isoOf(firstArrivedAtMs) : text;
}
