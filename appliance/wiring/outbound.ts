import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { createModalitiesApp } from '#appliance/api/modalities-app.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { echoTrouble } from '#appliance/outbound/echo.ts';
import { createForwarding } from '#appliance/outbound/forwarding.ts';
import type { Destination } from '#appliance/outbound/ports.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openAssociation } from '#sync/adapters/dimse-scu.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import type { Log } from '#sync/core/log.ts';
import type { Box } from './box.ts';

/** What the box calls by itself: forwarding, and the C-ECHO that a person asks for. */
export function outboundOf(
  ground: {
    readonly config: ApplianceConfig;
    readonly folder: Pick<DataFolder, 'outbound' | 'store'>;
    readonly box: Pick<Box, 'recorder'>;
    readonly log: Log;
  },
  signal: AbortSignal,
) {
  const { config, folder, box, log } = ground;
  const { destinations, forward: rules, aeTitles, callers } = config.dicom;
  const callingAeTitle = aeTitles[0] ?? 'OUTPOST';
  const { store, outbound: catalog } = folder;
  const ports = { catalog, store, recorder: box.recorder, openAssociation };
  const forwarding = createForwarding(
    { ...ports, clock: systemClock, random: systemRandom, log },
    { destinations, rules, callingAeTitle },
  );
  const devices: readonly Destination[] = [
    ...destinations,
    ...(callers === 'any' ? [] : callers).flatMap(({ aeTitle, address, port }) =>
      address === undefined || port === undefined
        ? []
        : [{ name: aeTitle, aeTitle, address, port }],
    ),
  ];
  const api = createModalitiesApp({
    forwards: forwarding.status,
    echo: async (name) => {
      const peer =
        devices.find((each) => each.name === name) ?? devices.find((each) => each.aeTitle === name);
      if (!peer) return undefined;
      const trouble = await echoTrouble(openAssociation, peer, callingAeTitle, signal);
      if (trouble) return { isWell: false, ...trouble };
      const message = `"${peer.name}" at ${peer.address} port ${peer.port} answers`;
      return { isWell: true, message, next: 'Nothing to do' };
    },
  });
  return { forwarding, api };
}
