import { createStoredObjects } from '#appliance/adapters/stored-objects.ts';
import { createDeeds } from '#appliance/housekeeping/deeds.ts';
import { createKeeper } from '#appliance/housekeeping/keeper.ts';
import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import type { RetentionRules } from '#appliance/housekeeping/retention.ts';
import { linkedCenters } from '#appliance/intake/addressing.ts';
import { withdrawTurn } from '#appliance/intake/withdraw.ts';
import { silentLog } from '#sync/core/log.ts';
import type { BoxWorld } from './box-world.ts';

export const dayMs = 86_400_000;

/** What housekeeping of the box works with now; open it anew behind a start. */
export function housekeepingPorts(box: BoxWorld): HousekeepingPorts {
  const { housekeeping, segments, store } = box.folder();
  if (!segments) throw new Error('A box that may remove nothing');
  const { cataloguer, ports } = box.parts();
  return {
    catalog: housekeeping,
    recorder: ports.recorder,
    segments,
    objects: createStoredObjects({ store, cataloguer }, box.dataDir),
    clock: box.clock,
    log: silentLog,
    centers: () => linkedCenters(box.pairing),
    isShort: () => false,
    onChange: () => undefined,
  };
}

export const deedsOf = (box: BoxWorld) => createDeeds(housekeepingPorts(box));
export const withdraw = (box: BoxWorld) => withdrawTurn(box.parts().ports);

/** One turn of housekeeping. */
export function keep(box: BoxWorld, rules: Partial<RetentionRules> = {}) {
  const config = { keepMs: 30 * dayMs, archiveOfRecord: 'center', everyMs: 1, ...rules } as const;
  return createKeeper(housekeepingPorts(box), config).turn(new AbortController().signal);
}
