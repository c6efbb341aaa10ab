import { backoffMs } from '#sync/core/backoff.ts';
import { createBell } from '#sync/core/bell.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { OpensAssociation } from '#sync/dimse/scu.ts';
import { createHealthBook } from './health.ts';
import type {
  Destination,
  ForwardHealth,
  ForwardRule,
  ForwardStatus,
  OutboundCatalog,
  OutboundRecorder,
  OutboundStore,
  WaitingInstance,
} from './ports.ts';
import { sendInstances } from './send.ts';

export interface ForwardingPorts {
  readonly catalog: OutboundCatalog;
  readonly recorder: OutboundRecorder;
  readonly store: OutboundStore;
  readonly openAssociation: OpensAssociation;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly log: Log;
}

export interface Forwarding {
  /** Sends what the rules say until `signal`; each destination at its own pace, for ever. */
  run(signal: AbortSignal): Promise<void>;
  /** Something new is in the catalog. */
  wake(): void;
  status(): Promise<readonly ForwardStatus[]>;
  /** How it stands, from memory alone. */
  health(): readonly ForwardHealth[];
}

/** Instances of one association: what went is written down before the next ones go. */
const batchSize = 50;
/** How often all is looked at: what a person freed came long ago. In between the bell tells of what came since. */
const lookEveryMs = 30_000;
/** An image may be in the catalog so long after it arrived. */
const lateMs = 10 * 60_000;
const firstRetryMs = 5_000;
const longestRetryMs = 10 * 60_000;

/** Sends instances to local destinations beside the road to the center, as they were stored. */
export function createForwarding(
  ports: ForwardingPorts,
  config: {
    readonly destinations: readonly Destination[];
    readonly rules: readonly ForwardRule[];
    readonly callingAeTitle: string;
  },
): Forwarding {
  const bell = createBell(ports.clock);
  const book = createHealthBook(ports.clock);
  const ways = config.destinations
    .map((peer) => ({ peer, rules: config.rules.filter(({ to }) => to === peer.name) }))
    .filter(({ rules }) => rules.length > 0);

  async function runWay(
    peer: Destination,
    rules: readonly ForwardRule[],
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0;
    /** What the destination refused, tried again when all else went. */
    const aside = new Set<string>();
    /** When a look at all found nothing: until the next one only what came since matters. */
    let empty: { readonly monotonicMs: number; readonly atMs: number } | undefined;
    while (!signal.aborted) {
      const count = bell.count();
      const now = { monotonicMs: ports.clock.monotonicMs(), atMs: ports.clock.nowMs() };
      const isFresh = empty !== undefined && now.monotonicMs - empty.monotonicMs < lookEveryMs;
      const sinceMs = empty && isFresh && aside.size === 0 ? empty.atMs - lateMs : 0;
      const found = await ports.catalog.waiting(rules, batchSize + aside.size, sinceMs);
      if (sinceMs === 0) empty = found.length === 0 ? now : undefined;
      book.looked(peer.name, found[0]);
      const fresh = found.filter((each) => !aside.has(keyOf(each))).slice(0, batchSize);
      const batch = fresh.length > 0 ? fresh : found.slice(0, batchSize);
      const sent = batch.length > 0 ? await sendBatch(peer, batch, aside, signal) : 0;
      if (fresh.length > 0 && sent > 0) {
        failures = 0;
        continue;
      }
      failures = batch.length > 0 ? failures + 1 : 0;
      if (batch.length === 0) book.trouble(peer.name, undefined);
      const waitMs =
        failures === 0
          ? lookEveryMs
          : backoffMs(failures - 1, ports.random, firstRetryMs, longestRetryMs);
      // A new arrival is no reason to call a peer again that just failed.
      if (failures === 0) await bell.after(count, waitMs, signal);
      else await ports.clock.wait(waitMs, signal);
    }
  }

  /** How many the destination took; what it refused is put aside. */
  async function sendBatch(
    peer: Destination,
    batch: readonly WaitingInstance[],
    aside: Set<string>,
    signal: AbortSignal,
  ): Promise<number> {
    const sent = await sendInstances(ports, peer, config.callingAeTitle, batch, signal);
    for (const instance of sent.taken) aside.delete(keyOf(instance));
    for (const instance of sent.refused) aside.add(keyOf(instance));
    if (sent.trouble !== undefined) {
      book.trouble(peer.name, sent.trouble);
      ports.log.warn('outbound/trouble', { destination: sanitize(peer.name) });
    } else if (aside.size === 0) {
      book.trouble(peer.name, undefined);
    }
    if (sent.taken.length === 0) return 0;
    book.taken(peer.name);
    const recorded = await ports.recorder.record([
      {
        ...{ fact: 'forwarded', atMs: ports.clock.nowMs(), destination: peer.name },
        instances: sent.taken.map(({ sopInstanceUid, datasetSha256 }): [string, string] => [
          sopInstanceUid,
          datasetSha256,
        ]),
      },
    ]);
    return recorded.ok ? sent.taken.length : 0;
  }

  return {
    wake: () => bell.ring(),
    run: async (signal) => {
      const starts = await ports.catalog.starts();
      const atMs = ports.clock.nowMs();
      const fresh = ways.filter(({ peer }) => !starts.has(peer.name));
      if (fresh.length > 0) {
        await ports.recorder.record(
          fresh.map(
            ({ peer }) => ({ fact: 'forward-from', atMs, destination: peer.name }) as const,
          ),
        );
      }
      await Promise.all(
        ways.map(async ({ peer, rules }) => {
          while (!signal.aborted) {
            try {
              await runWay(peer, rules, signal);
            } catch (cause) {
              ports.log.error('outbound/stopped', { reason: sanitize(String(cause)) });
              book.trouble(peer.name, `The box cannot send to "${peer.name}" now`);
              await ports.clock.wait(longestRetryMs, signal);
            }
          }
        }),
      );
    },
    health: () => ways.map(({ peer }) => book.of(peer.name)),
    status: () =>
      Promise.all(
        ways.map(async ({ peer: { name }, rules }) => ({
          destination: name,
          waiting: await ports.catalog.waitingCount(rules),
          forwarded: await ports.catalog.forwardedCount(name),
          trouble: book.of(name).trouble,
        })),
      ),
  };
}

function keyOf({ sopInstanceUid, datasetSha256 }: WaitingInstance): string {
  return `${sopInstanceUid} ${datasetSha256}`;
}
