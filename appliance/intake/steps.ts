import { isoOf } from '#sync/core/clock.ts';
import type { Step, StudyRow } from '../api/contract.ts';
import type { StudyRecord } from '../ports-studies.ts';
import { currentReport, instanceCount } from './progress.ts';
import { causeText, waitText } from './queue.ts';

/** What happened to a study so far, oldest first, and last what it waits for or what is wrong. */
export function stepsOf(record: StudyRecord, row: StudyRow, nowMs: number): readonly Step[] {
  const happened = [...arrival(record), ...travel(record), ...reports(record)];
  const cause = causeText(record.priority);
  happened.sort((a, b) => a.atMs - b.atMs);
  const steps = happened.map(({ atMs, glyph, text }): Step => ({ at: isoOf(atMs), glyph, text }));
  const now = outlook(row);
  const said: readonly Step[] =
    now && cause !== undefined
      ? [{ at: isoOf(nowMs), glyph: '..', text: `Priority: ${cause}` }]
      : [];
  return now ? [...steps, ...said, { at: isoOf(nowMs), ...now }] : steps;
}

interface Happened {
  readonly atMs: number;
  readonly glyph: Step['glyph'];
  readonly text: string;
}

function arrival(record: StudyRecord): readonly Happened[] {
  const from = record.callingAeTitle === '' ? 'the import folder' : record.callingAeTitle;
  const text = `Received from ${from}, ${images(instanceCount(record))}`;
  return [{ atMs: record.lastArrivedAtMs, glyph: 'ok', text }];
}

function travel(record: StudyRecord): readonly Happened[] {
  const { firstSealedAtMs, lastCustodyAtMs, deliveredAtMs, destination, counts } = record;
  const steps: Happened[] = [];
  if (firstSealedAtMs !== null) {
    const text = 'Sealed for the reading center (only the center can open it)';
    steps.push({ atMs: firstSealedAtMs, glyph: 'ok', text });
  }
  if (lastCustodyAtMs !== null) {
    const isAll = record.openPacks.length === 0 && counts.stored === 0;
    const text = isAll ? 'All packs are at the relay' : 'The newest pack is at the relay';
    steps.push({ atMs: lastCustodyAtMs, glyph: isAll ? 'ok' : '>>', text });
  }
  if (deliveredAtMs !== null) {
    const where = destination === null ? 'the center' : destination;
    const text = `Delivered to ${where}, ${images(counts.delivered + counts.purged)}, receipt checked`;
    steps.push({ atMs: deliveredAtMs, glyph: 'ok', text });
  }
  if (record.purgedAtMs !== null) {
    const text = `Removed from this box, ${images(counts.purged)}; the reading center keeps them`;
    steps.push({ atMs: record.purgedAtMs, glyph: 'ok', text });
  }
  return steps;
}

function reports(record: StudyRecord): readonly Happened[] {
  const current = currentReport(record.reports);
  return record.reports.map(({ atMs, packId, status, version, refusal, critical }) => {
    if (refusal) return { atMs, glyph: '!!', text: refusal.message };
    const finding = critical ? ', names a critical finding' : '';
    const text = `Report received: ${status}, version ${version}${finding}`;
    return { atMs, glyph: packId === current?.packId ? 'ok' : '..', text };
  });
}

/** What stands in the way or comes next, in one line. */
function outlook(row: StudyRow): Omit<Step, 'at'> | undefined {
  switch (row.state) {
    case 'needs help':
      return { glyph: '!!', text: row.help?.message ?? 'Needs help' };
    case 'receiving':
      return { glyph: '..', text: 'Images are still arriving' };
    case 'waiting':
      return { glyph: '..', text: (row.turn && waitText(row.turn)) ?? 'Waiting to be sent' };
    case 'sending':
      return { glyph: '>>', text: `Sending, ${row.sentPercent} %` };
    case 'at center':
      return { glyph: '>>', text: 'Waiting for the receipt of the center' };
    case 'set aside':
      return { glyph: '..', text: 'Set aside by a supervisor: it is kept and not sent' };
    default:
      return undefined;
  }
}

function images(count: number): string {
  return count === 1 ? '1 image' : `${count} images`;
}
