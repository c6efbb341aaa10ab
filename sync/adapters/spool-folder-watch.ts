import { watch } from 'chokidar';
import { systemClock } from './clock-system.ts';

/** The other side's folder is looked at this often even when no event came (network folders, lost events). */
const spoolPollMs = 3_000;

/**
 * Calls `onChange` soon after anything under `root` changed (all but `ignored`, where files grow), and every
 * few seconds all the same, until `signal`. Bursts become one call.
 */
export function watchFolder(
  root: string,
  ignored: string,
  onChange: () => void,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  let isPending = false;
  const wake = (): void => {
    if (isPending || signal.aborted) return;
    isPending = true;
    setImmediate(() => {
      isPending = false;
      if (!signal.aborted) onChange();
    });
  };
  const watcher = watch(root, {
    ignoreInitial: true,
    depth: 1,
    followSymlinks: false,
    ignored: (path) => path.startsWith(ignored),
  });
  watcher.on('all', wake);
  // An exhausted inotify table or a vanished folder is no reason to stop: the poll goes on.
  watcher.on('error', wake);
  signal.addEventListener('abort', () => void watcher.close(), { once: true });
  void poll(wake, signal);
}

async function poll(wake: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.wait(spoolPollMs, signal);
    wake();
  }
}
