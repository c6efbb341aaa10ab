import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import type { Log } from '#sync/core/log.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { Box } from './box.ts';
import { orderServices } from './orders.ts';
import { queryServices } from './query.ts';

/** What services may use of the running box. */
export interface ServiceGround {
  readonly config: ApplianceConfig;
  readonly folder: DataFolder;
  readonly box: Pick<
    Box,
    'recorder' | 'revisions' | 'quiet' | 'weigh' | 'byRules' | 'desk' | 'reception'
  >;
  readonly log: Log;
  /** Aborts when the doors are closed. */
  readonly ended: AbortSignal;
}

/** The services beside storage and verification that the box's door gives, one line each. */
export function servicesOf(
  ground: ServiceGround,
  ...more: readonly DimseService[]
): readonly DimseService[] {
  return [...queryServices(ground), ...orderServices(ground), ...more];
}
