import { isoOf } from '../core/clock.ts';
import type { Refusal } from './open.ts';
import type { CenterPorts } from './ports.ts';

/** Puts a pack aside with the reason, durably, and says so in the log; `bytes` are absent when they prove nothing. */
export async function quarantine(
  { store, clock, log }: Pick<CenterPorts, 'store' | 'clock' | 'log'>,
  packId: string,
  { kind, message, next }: Refusal,
  bytes: Uint8Array | undefined,
): Promise<'quarantined'> {
  const at = isoOf(clock.nowMs());
  await store.quarantine({ packId, kind, reason: message, next, at }, bytes);
  log.error('center/quarantined', { packId, code: kind, reason: message });
  return 'quarantined';
}
