import { Hono } from 'hono';
import { createHousekeepingApi } from '#appliance/api/housekeeping-app.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { createDeeds } from '#appliance/housekeeping/deeds.ts';
import { createKeeper } from '#appliance/housekeeping/keeper.ts';
import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import { createScrub } from '#appliance/housekeeping/scrub.ts';

const dayMs = 86_400_000;

/** Purges, gives room back and reads everything again until `signal`; nothing where nothing may be removed. */
export async function runHousekeeping(
  ports: HousekeepingPorts | undefined,
  { retention, scrub }: Pick<ApplianceConfig, 'retention' | 'scrub'>,
  signal: AbortSignal,
): Promise<void> {
  if (!ports) return;
  const { days, archiveOfRecord, everyS } = retention;
  const config = { keepMs: days * dayMs, archiveOfRecord, everyMs: everyS * 1_000 };
  const scrubbing = { bytesPerS: scrub.bytesPerS, everyMs: scrub.everyDays * dayMs };
  await Promise.all([
    createKeeper(ports, config).run(signal),
    createScrub(ports, scrubbing).run(signal),
  ]);
}

/** The part of the local API where people decide about studies; empty where nothing can be written down. */
export function housekeepingApiOf(ports: HousekeepingPorts | undefined): Hono {
  if (!ports) return new Hono();
  return createHousekeepingApi({ catalog: ports.catalog, deeds: createDeeds(ports) });
}
