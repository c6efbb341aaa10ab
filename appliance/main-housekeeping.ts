import { Hono } from 'hono';
import { createHousekeepingApi } from './api/housekeeping-app.ts';
import type { ApplianceConfig } from './config.ts';
import { createDeeds } from './housekeeping/deeds.ts';
import { createKeeper } from './housekeeping/keeper.ts';
import type { HousekeepingPorts } from './housekeeping/ports.ts';

const dayMs = 86_400_000;

/** Purges and gives room back until `signal`; nothing where nothing may be removed. */
export async function runHousekeeping(
  ports: HousekeepingPorts | undefined,
  { retention }: Pick<ApplianceConfig, 'retention'>,
  signal: AbortSignal,
): Promise<void> {
  if (!ports) return;
  const { days, archiveOfRecord, everyS } = retention;
  const config = { keepMs: days * dayMs, archiveOfRecord, everyMs: everyS * 1_000 };
  await createKeeper(ports, config).run(signal);
}

/** The part of the local API where people decide about studies; empty where nothing can be written down. */
export function housekeepingApiOf(ports: HousekeepingPorts | undefined): Hono {
  if (!ports) return new Hono();
  return createHousekeepingApi({ catalog: ports.catalog, deeds: createDeeds(ports) });
}
