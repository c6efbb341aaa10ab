import { join } from 'node:path';
import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import type { OpenWorkerLane } from '#sync/core/worker-lane.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { CenterRules } from '../intake/addressing.ts';
import type { QuietTimes } from '../intake/complete.ts';
import type { EpochStep } from '../intake/key-list-watch.ts';
import { createLetterWork, type LetterWork } from '../intake/letter-work.ts';
import { createPackReader } from '../intake/reading.ts';
import type { Recorder } from '../intake/recorder.ts';
import type { SealingConfig } from '../intake/sealing.ts';
import type { Sequence } from '../ports-letters.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { Sealer } from '../ports-sealing.ts';
import type { DataFolder } from './data-folder.ts';
import { adoptKeyList, noteHeard, type PairingKeys, readPairing } from './pairing-files.ts';
import { createSealer } from './seal-worker.ts';
import { findZoneBreach } from './zone-probe.ts';

export interface LetterDeskPorts {
  readonly folder: DataFolder;
  readonly recorder: Recorder;
  readonly keys: PairingKeys;
  /** Of the first center, or of the one whose transport key is named. */
  readonly openSpool: (dir: string, party?: string) => Promise<ClinicalSpool>;
  /** Names of the centers after the first one that have a spool. */
  readonly spoolParties: (dir: string) => Promise<readonly string[]>;
  readonly openLane: OpenWorkerLane;
  readonly openSequence: (folder: string, random: Random) => Promise<Sequence>;
  readonly random: Random;
  readonly quiet: QuietTimes;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
  readonly onBroken: (message: string) => void;
}

export interface LetterDeskConfig extends SealingConfig, CenterRules {
  readonly confirmAfterMs: number;
  readonly dataDir: string;
  readonly spoolDir: string;
  readonly zones: 'enforced' | 'off';
}

/** Letters over the real folders: keys, peers, spool, worker threads. Intake never waits for any of it. */
export interface LetterDesk {
  /** Runs until `signal`. A spool that cannot be opened is tried again and again. */
  run(signal: AbortSignal): Promise<void>;
  wake(): void;
  /** A person, a rule or an order changed what goes first: the agent is told at once. */
  reorder(): void;
  /** A person wants the agent to try now. */
  tryNow(): void;
  pairing(): Pairing | undefined;
  agentState(): Promise<AgentState | undefined>;
  zoneBreach(): string | undefined;
  /** False while the spool cannot be opened. */
  hasSpool(): boolean;
  /** Studies that are all at the relay and that the center did not confirm in time. */
  unconfirmedStudies(): number;
  /** Studies that should be sent again and that only a supervisor may send once more. */
  refusedResends(): ReadonlySet<string>;
  /** Files that the agent brought and that cannot be read. */
  unreadableArrivals(): number;
  /** Centers whose newest key list, which their letters name, does not come. */
  keyListsBehind(): number;
  /** The nearest end of an epoch, by the clocks of the centers. */
  epochStep(): EpochStep | undefined;
}

const retryMs = 5_000;
const untried = 'the zones were not tried yet';

export function createLetterDesk(ports: LetterDeskPorts, config: LetterDeskConfig): LetterDesk {
  const { dataDir, zones } = config;
  let spool: ClinicalSpool | undefined;
  let work: LetterWork | undefined;
  let pairing: Pairing | undefined;
  let zoneBreach = zones === 'enforced' ? untried : undefined;
  const sealing = createSealingKeys(ports, join(dataDir, 'keys'));

  async function probe(now: Pairing | undefined): Promise<void> {
    if (zones === 'off' || zoneBreach !== untried || !now) return;
    const relays = now.centers.flatMap(({ keyList }) => keyList.relays.flatMap(({ urls }) => urls));
    zoneBreach = await findZoneBreach(relays);
    if (zoneBreach !== undefined) ports.log.error('appliance/zones-open', { reason: zoneBreach });
  }

  async function openWork(): Promise<LetterWork> {
    spool = await ports.openSpool(config.spoolDir);
    return createLetterWork(
      {
        ...ports,
        catalog: ports.folder.catalog,
        files: ports.folder.files,
        reader: createPackReader(ports.folder.store),
        spool,
        otherSpools: {
          names: () => ports.spoolParties(config.spoolDir),
          open: (party) => ports.openSpool(config.spoolDir, party),
        },
        readPairing: async () => {
          const now = await readPairing(ports.keys, dataDir);
          await probe(now);
          return now;
        },
        adoptKeyList: async (text) => {
          const outcome = await adoptKeyList(ports.keys, dataDir, text);
          if (outcome === 'alarm') ports.log.error('appliance/key-list-alarm');
          return outcome === 'higher';
        },
        acceptGrant: (bytes) => ports.keys.acceptGrant({ dataDir }, bytes),
        noteHeard: (root, heard) => noteHeard(ports.keys, dataDir, root, heard),
        openSealing: sealing.open,
        zoneBreach: () => zoneBreach,
        onPairing: (now) => {
          const statesOf = (of: Pairing | undefined) =>
            of?.centers.map(({ state }) => state).join();
          const isChanged = statesOf(now) !== statesOf(pairing);
          pairing = now;
          if (isChanged) ports.onChange();
        },
      },
      config,
    );
  }

  return {
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          work = await openWork();
          await work.run(signal);
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : 'unknown';
          ports.log.error('appliance/letters-stopped', { reason });
          spool = undefined;
          await ports.clock.wait(retryMs, signal);
        }
      }
      await sealing.close();
    },
    wake: () => work?.wake(),
    reorder: () => {
      work?.wake();
      // What cannot be read now is told by the turn that was woken.
      work?.reorder().catch(() => ports.log.error('appliance/order-late'));
    },
    tryNow: () => {
      work?.wake();
      work?.tryNow().catch(() => ports.log.error('appliance/order-late'));
    },
    pairing: () => pairing,
    agentState: async () => work?.agentState(),
    zoneBreach: () => (pairing ? zoneBreach : undefined),
    hasSpool: () => spool !== undefined,
    unconfirmedStudies: () => work?.unconfirmedStudies() ?? 0,
    refusedResends: () => work?.refusedResends() ?? new Set(),
    unreadableArrivals: () => work?.unreadableArrivals() ?? 0,
    keyListsBehind: () => work?.keyListsBehind() ?? 0,
    epochStep: () => work?.epochStep(),
  };
}

/** Workers and numbers for the identity of the moment; another identity gets workers of its own. */
function createSealingKeys(
  { openSequence, openLane, random }: Pick<LetterDeskPorts, 'openSequence' | 'openLane' | 'random'>,
  keysDir: string,
) {
  let identity = '';
  let sealer: Sealer | undefined;
  let sequence: Sequence | undefined;
  return {
    open: async (pairing: Pairing) => {
      const current = hex(pairing.identity.publicKey);
      if (identity !== current) await sealer?.close();
      if (!sealer || identity !== current) sealer = createSealer(pairing.identity.seed, openLane);
      identity = current;
      sequence ??= await openSequence(keysDir, random);
      return { sealer, sequence };
    },
    close: async () => {
      await sealer?.close();
    },
  };
}
