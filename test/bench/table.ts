import type { Measured, Row, Target } from './measured.ts';

/** The figures as lines for a person: a table of rows, the targets, the notes. */
export function tableOf({ rows, targets, notes }: Measured): string {
  return [
    ...rowLines(rows),
    '',
    ...targets.map(targetLine),
    ...notes.map((note) => `* ${note}`),
    '',
  ].join('\n');
}

function rowLines(rows: readonly Row[]): readonly string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => (line[index] ?? '').length)),
  );
  return cells.map((line, index) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const isNumber = index > 0 && /^-?[\d.]+$/.test(cell);
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function targetLine({ name, value, target, met }: Target): string {
  const found = value === null ? 'not measured' : String(value);
  return `${met ? 'met    ' : 'NOT MET'}  ${name}: ${found}, target ${target}`;
}
