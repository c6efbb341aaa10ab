import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import { dropPacks } from './dropped-packs.ts';
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
  const packs = await dropPacks(ports, packIds, reason);
  if (packs > 0) ports.log.warn('appliance/withdrawn', { packs, reason });
  return packs;
}
