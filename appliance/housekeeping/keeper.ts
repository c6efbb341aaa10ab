import type { BoxFact } from '../store/facts.ts';
import { instancesAFact } from './deed.ts';
import type { HousekeepingPorts, RetainedStudy, StudyCursor } from './ports.ts';
import { reclaimTurn } from './reclaim.ts';
import { purgeVerdict, type RetentionRules } from './retention.ts';

export interface KeeperConfig extends RetentionRules {
  /** From one turn to the next, milliseconds. */
  readonly everyMs: number;
}

/** What one turn did. */
export interface KeeperTurn {
  readonly purged: number;
  readonly segments: number;
  readonly forgotten: number;
}

/** Lets go of what may go. */
export interface Keeper {
  turn(signal: AbortSignal): Promise<KeeperTurn>;
  /** A turn now and then until `signal`, and soon when the disk is short. A fault of one turn is logged. */
  run(signal: AbortSignal): Promise<void>;
}

const studiesAPage = 50;
const yearMs = 365 * 86_400_000;
const lookMs = 10_000;
/** While the disk is short, turns that find nothing do not follow each other faster. */
const shortEveryMs = 60_000;

export function createKeeper(ports: HousekeepingPorts, config: KeeperConfig): Keeper {
  const { catalog, clock, recorder, log } = ports;

  /** Oldest first, so that a short disk gets its room from what is needed least. */
  async function purge(signal: AbortSignal): Promise<number> {
    if (config.archiveOfRecord === 'box') return 0;
    const beforeMs = clock.nowMs() - config.keepMs;
    let purged = 0;
    let after: StudyCursor | undefined;
    while (!signal.aborted) {
      const page = await catalog.retained(beforeMs, after, studiesAPage);
      for (const study of page) purged += await purgeStudy(study, signal);
      after = page.at(-1);
      if (page.length < studiesAPage) break;
    }
    return purged;
  }

  async function purgeStudy(study: RetainedStudy, signal: AbortSignal): Promise<number> {
    if (purgeVerdict(study, config, clock.nowMs()) !== 'may') return 0;
    let purged = 0;
    const most = study.counts.delivered ?? 0;
    while (purged < most && !signal.aborted) {
      const limit = Math.min(instancesAFact, most - purged);
      const tombstones = await catalog.tombstones(study.study, 'delivered', limit);
      if (!tombstones?.instances.every(({ receipt }) => receipt !== null)) break;
      const fact: BoxFact = { fact: 'purged', atMs: clock.nowMs(), ...tombstones };
      if (!(await recorder.record([fact])).ok) break;
      purged += tombstones.instances.length;
    }
    return purged;
  }

  async function forget(): Promise<number> {
    const studies = await catalog.forgettable(clock.nowMs() - yearMs, 100);
    const atMs = clock.nowMs();
    if (studies.length === 0) return 0;
    const facts = studies.map((study) => ({ fact: 'forgotten', atMs, study }) as const);
    return (await recorder.record(facts)).ok ? studies.length : 0;
  }

  async function turn(signal: AbortSignal): Promise<KeeperTurn> {
    const purged = await purge(signal);
    const forgotten = signal.aborted ? 0 : await forget();
    const segments = signal.aborted ? 0 : await reclaimTurn(ports, signal);
    if (purged + segments + forgotten > 0) {
      log.info('housekeeping/turn', { purged, segments, forgotten });
      ports.onChange();
    }
    return { purged, segments, forgotten };
  }

  return {
    turn,
    run: async (signal) => {
      let turnedMs = Number.NEGATIVE_INFINITY;
      while (!signal.aborted) {
        const everyMs = ports.isShort() ? Math.min(shortEveryMs, config.everyMs) : config.everyMs;
        if (clock.monotonicMs() - turnedMs >= everyMs) {
          turnedMs = clock.monotonicMs();
          await turn(signal).catch((cause: unknown) => {
            const message = cause instanceof Error ? cause.message : String(cause);
            log.error('housekeeping/turn-failed', { message });
          });
        }
        await clock.wait(Math.min(lookMs, config.everyMs), signal);
      }
    },
  };
}
