import { linkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * A thread that plays a hostile agent: without end it puts one form after another at `target`. `links` are put there
 * as hard links, `symlinks` as symbolic links; with `contents` the file is written over in place instead.
 */
const { target, links, symlinks, contents } = workerData as {
  readonly target: string;
  readonly links: readonly string[];
  readonly symlinks: readonly string[];
  readonly contents: readonly Uint8Array[];
};

const turns = [
  ...links.map((form) => () => swap((path) => linkSync(form, path))),
  ...symlinks.map((form) => () => swap((path) => symlinkSync(form, path))),
  ...contents.map((bytes) => () => writeFileSync(target, bytes)),
];

for (let n = 0; ; n = (n + 1) % turns.length) turns[n]?.();

function swap(make: (path: string) => void): void {
  const next = `${target}.next`;
  make(next);
  renameSync(next, target);
  // A rename between two names of one file does nothing.
  rmSync(next, { force: true });
}
