import { threadId } from 'node:worker_threads';
import type { CreateWork } from '#sync/core/worker-lane.ts';

/** A thread for tests of what can go wrong with one: it answers, dies, or never comes back. It says in `data` that it is there. */
export const createWork: CreateWork<
  { readonly deed?: string; readonly meta?: unknown },
  { readonly did: string | undefined }
> = (data) => {
  if (data instanceof Int32Array) Atomics.store(data, 0, 1);
  return ({ deed, meta }) => {
    if (deed === 'die') throw new Error('A job that breaks its thread');
    if (deed === 'exit') process.exit(3);
    if (deed === 'thread') return { answer: { did: `${threadId}` }, transfer: [] };
    if (deed === 'hang' || meta !== undefined) for (;;);
    if (deed === 'hoard') {
      const hoard: unknown[] = [];
      for (;;) hoard.push({ hoard: hoard.length });
    }
    return { answer: { did: deed }, transfer: [] };
  };
};
