import type { Clock } from '#sync/core/clock.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { BoxFact } from '../store/facts.ts';
import type { Recorder } from './recorder.ts';

/** Removes sealed packs from the spool; one that is gone is no fault. */
export async function removeSentPacks(
  spool: Pick<ClinicalSpool, 'removeSent'>,
  packIds: Iterable<string>,
): Promise<void> {
  for (const text of packIds) {
    const packId = parsePackId(text);
    if (packId) await spool.removeSent(packId);
  }
}

/** The facts that these packs count for nothing any more: what they held is sealed anew. */
export function droppedFacts(
  packIds: readonly string[],
  atMs: number,
  reason: string,
): readonly BoxFact[] {
  return packIds.map((packId) => ({ fact: 'dropped', atMs, packId, reason }));
}

/**
 * Gives sealed packs up: the facts first, then the files, so that a kill between leaves a file that no order names. The
 * answer is how many; 0 when it could not be written down, and all stays as it was.
 */
export async function dropPacks(
  ports: {
    readonly recorder: Recorder;
    readonly spool: Pick<ClinicalSpool, 'removeSent'>;
    readonly clock: Pick<Clock, 'nowMs'>;
  },
  packIds: readonly string[],
  reason: string,
): Promise<number> {
  if (packIds.length === 0) return 0;
  const facts = droppedFacts(packIds, ports.clock.nowMs(), reason);
  if (!(await ports.recorder.record(facts)).ok) return 0;
  await removeSentPacks(ports.spool, packIds);
  return packIds.length;
}
