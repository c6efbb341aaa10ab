import {
  createLetterDesk,
  type LetterDesk,
  type LetterDeskPorts,
} from '#appliance/adapters/letter-desk.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import type { DiskWatch } from '#appliance/intake/disk-watch.ts';
import { sealAheadOf } from '#appliance/intake/sealing-window.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { pairingKeys } from '#sync/adapters/pairing-box.ts';
import { withProcessLock } from '#sync/adapters/process-lock.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { openClinicalSpool, partiesIn } from '#sync/adapters/spool-folder.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';

/** The letter desk over real folders; the disk says how much may be sealed ahead. */
export function letterDeskOf(
  config: ApplianceConfig,
  {
    disk,
    ...ports
  }: Pick<LetterDeskPorts, 'folder' | 'recorder' | 'quiet' | 'log' | 'onChange' | 'onBroken'> & {
    readonly disk: DiskWatch;
  },
): LetterDesk {
  return createLetterDesk(
    {
      ...ports,
      keys: pairingKeys,
      openSpool: openClinicalSpool,
      spoolParties: partiesIn,
      openSequence: (folder, random) => openSequence(folder, random, withProcessLock),
      openLane: workerLanes(systemClock),
      random: systemRandom,
      clock: systemClock,
    },
    {
      ...config,
      manifestIntervalMs: config.manifestIntervalS * 1_000,
      confirmAfterMs: config.confirmAfterS * 1_000,
      get sealAheadBytes() {
        return sealAheadOf(config.sealAheadBytes, disk);
      },
    },
  );
}
