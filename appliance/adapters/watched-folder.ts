import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock } from '#sync/core/clock.ts';
import { waitFor } from '#sync/core/signals.ts';
import { rejectedName } from './import-rejected.ts';

const pollMs = 2_000;

/**
 * Looks at a folder that people and devices put files into, again and again until `signal`: at once when something
 * happens there, else every two seconds. A `look` gets what the last one left and answers what is left now; one that
 * fails is told, and the next one begins anew. So is a folder that cannot be made. Never rejects.
 */
export async function watchFolder<Seen>(
  { dir, depth }: { readonly dir: string; readonly depth: number },
  clock: Pick<Clock, 'wait'>,
  signal: AbortSignal,
  look: (before: ReadonlyMap<string, Seen>) => Promise<ReadonlyMap<string, Seen>>,
  onFailed: (cause: unknown) => void,
): Promise<void> {
  let wake = (): void => undefined;
  let watcher: FSWatcher | undefined;
  async function open(): Promise<FSWatcher> {
    await mkdir(join(dir, rejectedName), { recursive: true });
    return watch(dir, { ignoreInitial: true, depth, followSymlinks: false })
      .on('all', () => wake())
      .on('error', () => wake());
  }
  let seen: ReadonlyMap<string, Seen> = new Map();
  while (!signal.aborted) {
    try {
      watcher ??= await open();
      seen = await look(seen);
    } catch (cause) {
      onFailed(cause);
      seen = new Map();
    }
    // A wake helps only while nothing is being watched for its second look.
    const woken = new Promise<void>((resolve) => {
      wake = seen.size === 0 ? resolve : () => undefined;
    });
    const next = new AbortController();
    await Promise.race([waitFor(clock, pollMs, signal, next.signal), woken]);
    next.abort();
  }
  await watcher?.close();
}
