import type { LinkRequest } from '#sync/agent/ports.ts';
import type { Load, Pipe } from './pipe.ts';

/**
 * A request on its way up: head and body as one load, or the head and behind it the body slice by slice, as its pace
 * lets them go. `onLeft` is called when all of it is out of the hands of its program, `onLast` when the last byte is
 * through.
 */
export function carryUp(
  pipe: Pipe,
  { body, pace }: Pick<LinkRequest, 'body' | 'pace'>,
  headBytes: number,
  isStat: () => boolean,
  { onLeft, onLast }: { onLeft(): void; onLast(): void },
): Load {
  const sizeBytes = body?.length ?? 0;
  if (pace === undefined || sizeBytes === 0) {
    onLeft();
    return pipe.carry(headBytes + sizeBytes, isStat(), onLast);
  }
  const nothing = (): void => undefined;
  const slices = [pipe.carry(headBytes, isStat(), nothing)];
  const stopped = new AbortController();
  const pour = async (): Promise<void> => {
    for (let at = 0; at < sizeBytes; ) {
      const allowedBytes = await pace(sizeBytes - at, stopped.signal);
      if (stopped.signal.aborted || allowedBytes <= 0) return;
      at += allowedBytes;
      const isLast = at >= sizeBytes;
      if (isLast) onLeft();
      slices.push(pipe.carry(allowedBytes, isStat(), isLast ? onLast : nothing));
    }
  };
  void pour();
  return {
    carriedBytes: () => slices.reduce((sum, slice) => sum + slice.carriedBytes(), 0),
    stop() {
      stopped.abort();
      for (const slice of slices) slice.stop();
    },
  };
}
