import type { HousekeepingPorts, PlacedInstance } from './ports.ts';

/** Writes down that an object no longer reads as it came: a second copy takes its place, or a person is asked. */
export async function tellDamaged(
  { recorder, clock, log }: Pick<HousekeepingPorts, 'recorder' | 'clock' | 'log'>,
  { sopInstanceUid, datasetSha256, segment, recordOffset }: PlacedInstance,
): Promise<void> {
  log.error('housekeeping/damaged', { segment, offset: recordOffset });
  const atMs = clock.nowMs();
  await recorder.record([
    { fact: 'damaged', atMs, sopInstanceUid, datasetSha256, segment, recordOffset },
  ]);
}
