import { backoffMs } from '#sync/core/backoff.ts';
import { type Bell, createBell } from '#sync/core/bell.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { judgeCommitment } from './judge.ts';
import type {
  Commitment,
  CommitmentCatalog,
  CommitmentPolicy,
  CommitmentRecorder,
  CommitmentReport,
  CommitmentReporter,
} from './ports.ts';

const dayMs = 86_400_000;
/** For so long an image may be on its way before the device is told that it is not committed. */
const patienceMs = 7 * dayMs;
/** A device that does not take its answer for so long beyond that is not asked any more. */
const givenUpMs = 21 * dayMs;
const firstRetryMs = 5_000;
/** Scanners are off at night: they are found again within a quarter of an hour. */
const longestRetryMs = 15 * 60_000;
/** How often what waits is looked at, beside when something changed. */
const lookEveryMs = 15_000;

export interface Answering {
  /** Answers what can be answered until `signal`. */
  run(signal: AbortSignal): Promise<void>;
  /** A request came, or images moved on. */
  wake(): void;
  /** The answer that can be given now; undefined while an image is on its way. */
  reportOf(commitment: Commitment): Promise<CommitmentReport | undefined>;
  /** The device has its answer; durable on return, or it will be told again. */
  told(commitment: Commitment, report: CommitmentReport): Promise<void>;
}

export interface AnsweringPorts {
  readonly catalog: Pick<CommitmentCatalog, 'open' | 'objects'>;
  readonly recorder: CommitmentRecorder;
  readonly reporter: CommitmentReporter;
  readonly policyOf: (callingAeTitle: string) => CommitmentPolicy;
  /** Resolves when what was acknowledged to a device is in the catalog. */
  readonly catalogued: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly log: Log;
}

/** Keeps the promise of an answer: over restarts, at the device's pace, from what is durable alone. */
export function createAnswering(ports: AnsweringPorts): Answering {
  const bell: Bell = createBell(ports.clock);
  /** Failed attempts in a row and when the next is due, for each device. */
  const devices = new Map<string, { readonly failures: number; readonly dueMs: number }>();

  async function reportOf(commitment: Commitment): Promise<CommitmentReport | undefined> {
    await ports.catalogued();
    const { references, callingAeTitle, askedAtMs } = commitment;
    const objects = await ports.catalog.objects(references.map((each) => each.sopInstanceUid));
    const isPatient = ports.clock.nowMs() - askedAtMs < patienceMs;
    return judgeCommitment(references, objects, ports.policyOf(callingAeTitle), isPatient);
  }

  async function close(
    { transactionUid, callingAeTitle }: Commitment,
    report: CommitmentReport,
    outcome: 'told' | 'given-up',
  ): Promise<void> {
    const counts = { committed: report.committed.length, failed: report.failed.length };
    const atMs = ports.clock.nowMs();
    ports.log.info('commitment/answered', {
      ...{ callingAeTitle: sanitize(callingAeTitle), outcome },
      ...counts,
    });
    await ports.recorder.record([
      { fact: 'commitment-answered', atMs, transactionUid, callingAeTitle, outcome, ...counts },
    ]);
  }

  async function answer(commitment: Commitment, signal: AbortSignal): Promise<void> {
    const device = devices.get(commitment.callingAeTitle) ?? { failures: 0, dueMs: 0 };
    if (ports.clock.monotonicMs() < device.dueMs) return;
    const report = await reportOf(commitment);
    if (!report) return;
    if (ports.clock.nowMs() - commitment.askedAtMs > givenUpMs) {
      await close(commitment, report, 'given-up');
      return;
    }
    // A device that refuses what names a role is tried without, in turns.
    const withRole = device.failures % 2 === 0;
    const outcome = await ports.reporter.report(commitment, report, { withRole, signal });
    if (outcome === 'told') {
      devices.delete(commitment.callingAeTitle);
      await close(commitment, report, 'told');
      return;
    }
    const waitMs = backoffMs(device.failures, ports.random, firstRetryMs, longestRetryMs);
    const dueMs = ports.clock.monotonicMs() + waitMs;
    devices.set(commitment.callingAeTitle, { failures: device.failures + 1, dueMs });
  }

  return {
    reportOf,
    told: (commitment, report) => close(commitment, report, 'told'),
    wake: () => bell.ring(),
    run: async (signal) => {
      while (!signal.aborted) {
        const count = bell.count();
        try {
          for (const commitment of await ports.catalog.open()) {
            if (!signal.aborted) await answer(commitment, signal);
          }
        } catch (cause) {
          ports.log.error('commitment/stopped', { reason: sanitize(String(cause)) });
        }
        const nextMs = Math.min(...[...devices.values()].map(({ dueMs }) => dueMs));
        const waitMs = Math.max(100, Math.min(lookEveryMs, nextMs - ports.clock.monotonicMs()));
        await bell.after(count, waitMs, signal);
      }
    },
  };
}
