import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Recorder } from './recorder.ts';

export interface WithdrawPorts {
  readonly catalog: Pick<Catalog, 'unwantedPacks' | 'deliveredPacks'>;
  readonly recorder: Recorder;
  readonly spool: Pick<ClinicalSpool, 'removeSent'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/**
 * Calls packs back before any order names them: those that hold or list what a person rejected, of which the rest is
 * sealed anew, and those whose images the center signed for already, since a stick brought them. What the relay has
 * cannot be called back. The answer is how many.
 */
export async function withdrawTurn(ports: WithdrawPorts): Promise<number> {
  const { catalog } = ports;
  const unwanted = await callBack(
    ports,
    await catalog.unwantedPacks(),
    'holds what a person rejected',
  );
  return unwanted + (await callBack(ports, await catalog.deliveredPacks(), 'delivered by a stick'));
}

async function callBack(
  ports: WithdrawPorts,
  packIds: readonly string[],
  reason: string,
): Promise<number> {
  if (packIds.length === 0) return 0;
  const atMs = ports.clock.nowMs();
  const facts = packIds.map((packId) => ({ fact: 'dropped', atMs, packId, reason }) as const);
  if (!(await ports.recorder.record(facts)).ok) return 0;
  for (const text of packIds) {
    const packId = parsePackId(text);
    if (packId) await ports.spool.removeSent(packId);
  }
  ports.log.warn('appliance/withdrawn', { packs: packIds.length, reason });
  return packIds.length;
}
