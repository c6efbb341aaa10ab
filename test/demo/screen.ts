/** What the demo shows while it runs: a line a stage, a bar where something is long. */
export interface Screen {
  stage(text: string): void;
  /** Shows or moves a bar below the last stage; `done` of `total`. */
  bar(label: string, done: number, total: number): void;
  table(rows: readonly (readonly [string, string])[]): void;
}

const barWidth = 30;

/** A screen on standard error, so that `--json` alone owns the last line of standard output. */
export function createScreen(startedMs: number, out: NodeJS.WriteStream = process.stderr): Screen {
  let openBar = '';
  const closeBar = (): void => {
    if (openBar !== '') out.write(out.isTTY ? '\n' : `${openBar}\n`);
    openBar = '';
  };
  return {
    stage: (text) => {
      closeBar();
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
      out.write(`${seconds} s  ${text}\n`);
    },
    bar: (label, done, total) => {
      const filled = Math.round((barWidth * Math.min(done, total)) / Math.max(1, total));
      openBar = `          [${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${label} ${done} of ${total}`;
      if (out.isTTY) out.write(`\r${openBar}`);
    },
    table: (rows) => {
      closeBar();
      const width = Math.max(...rows.map(([name]) => name.length));
      out.write(
        `\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}\n\n`,
      );
    },
  };
}
