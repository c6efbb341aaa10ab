import type { MemoryTrend } from './memory.ts';
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
    String(line.longestRunS),
    ...trendCells(line.trend),
    String(line.peakMB),
    String(line.peakFiles),
    counts(line.ends),
  ]);
  return [
    ...aligned(figures.map(([name, value]) => [name, String(value)])),
    '',
    ...aligned([memoryHead, ...memory]),
    '',
    ...(broken.length === 0 ? ['all held'] : broken.map((sentence) => `BROKEN: ${sentence}`)),
  ].join('\n');
}

/** From the fifth minute of the longest run to the end of the chaos. */
const memoryHead = [
  ...['program', 'runs', 'longest s', 'MB at 5 min', 'at the end', 'MB an hour'],
  ...['files at 5 min', 'at the end', 'peak MB', 'peak files', 'ends'],
];

function trendCells(trend: MemoryTrend | null): readonly string[] {
  if (trend === null) return ['-', '-', '-', '-', '-'];
  const { fromMB, toMB, growthMBPerHour, fromFiles, toFiles } = trend;
  const figures = [fromMB, toMB, growthMBPerHour, fromFiles, toFiles];
  return figures.map((figure) => String(Math.round(figure)));
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
