import type { SoakReport } from './report.ts';

/** The report as a person reads it: figures, memory by program, and what did not hold. */
export function tableOf(report: SoakReport): string {
  const { seed, minutes, settledS, skipped, broken } = report;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const figures: readonly (readonly [string, string | number])[] = [
    ['seed', seed],
    ['chaos', `${minutes} min, all arrived after ${settledS} s`],
    ['events', `${counts(report.events)}${skipped > 0 ? `, ${skipped} not possible here` : ''}`],
    ['instances', `${report.acknowledged} acknowledged, ${report.atPacs} at the PACS`],
    ['reports, STAT', `${report.reports} reports, ${report.stat} STAT studies`],
    ['stored again', counts(report.storedAgain)],
    ['counted by it', counts(report.resentByCenter)],
  ];
  const memory = report.memory.map((line) => [
    line.program,
    String(line.runs),
    String(line.peakMB),
    line.growthMBPerHour === null ? '-' : String(line.growthMBPerHour),
    String(line.longestRunS),
    counts(line.ends),
  ]);
  return [
    ...aligned(figures.map(([name, value]) => [name, String(value)])),
    '',
    ...aligned([['program', 'runs', 'peak MB', 'MB an hour', 'longest s', 'ends'], ...memory]),
    '',
    ...(broken.length === 0 ? ['all held'] : broken.map((sentence) => `BROKEN: ${sentence}`)),
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
