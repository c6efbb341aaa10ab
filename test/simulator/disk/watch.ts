import { placeOf, type Watcher } from './mount.ts';

/** The folders of a spool are looked at this often when an event was lost. */
const pollMs = 3_000;

/**
 * Stands in for `watchFolder` of the spool: an event comes soon, or is lost, and then the next look at the folder
 * comes in its place. Looks that would find nothing are left out, since they would be most of the steps of a world.
 */
export function watchFolder(
  root: string,
  ignored: string,
  onChange: () => void,
  signal: AbortSignal,
): void {
  const {
    mount: { watchers, life, timeline },
    path,
  } = placeOf(root);
  const { chance } = timeline;
  let isPending = false;
  const watcher: Watcher = {
    path: path.join('/'),
    ignored: placeOf(ignored).path.join('/'),
    wake() {
      if (life.isOver()) return void watchers.delete(watcher);
      if (isPending) return;
      isPending = true;
      const inMs = chance.is(0.05) ? chance.between(0, pollMs) : chance.between(0, 10);
      timeline.after(inMs, () => {
        isPending = false;
        if (!life.isOver() && !signal.aborted) onChange();
      });
    },
  };
  watchers.add(watcher);
  signal.addEventListener('abort', () => watchers.delete(watcher), { once: true });
}
