import { type Bell, createBell } from '../core/bell.ts';
import { type Clock, isoOf } from '../core/clock.ts';
import type { Fault } from '../core/fault.ts';
import type { AgentState } from '../wire/agent-state.ts';
import type { Order } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { PublicFile } from '../wire/spool.ts';
import { createMeter, type Meter } from './meter.ts';
import type { Outgoing } from './plan.ts';
import { noProgress, type Progress } from './progress.ts';
import type { StreamTrust } from './streams.ts';
import { createTrust, type Trust } from './trust.ts';

/** How it stands with the relay that is talked to: what staff see of it, and how cautious requests are. */
export interface Standing {
  /** Time-outs in a row; each halves the next request. */
  timeouts: number;
  /** The relay answered. */
  contact(): void;
  /** Something stands in the way, since now; one fault a key, the last one counts. */
  fault(key: string, fault: Fault, packId?: PackId): void;
  clear(key: string): void;
}

/** All that the agent's loops know together; in memory, made anew from spool and relay at every start. */
export interface Board extends Standing, Meter {
  order: Order;
  outgoing: readonly Outgoing[];
  link: AgentState['link'];
  /** The relay sent the last requests away: how often in a row, and the monotonic times before which none is sent. */
  away: {
    times: number;
    notBeforeMs: number;
    statNotBeforeMs: number;
  };
  /** Until then connections are as good as new, after a cut. */
  freshUntilMs: number;
  /** The newest key list of each relay that was given to the clinical side in this run, by relay id. */
  readonly keyLists: Map<string, number>;
  /** Rings at every change in the spool and of the state. */
  readonly bell: Bell;
  /** Rings when a person or the clinical side says: try now. */
  readonly wake: Bell;
  /** Public files that each relay has accepted, by relay id and file name: the bytes, as hex digest. */
  readonly published: Map<string, Partial<Record<PublicFile, string>>>;
  /** The relay that the agent works with, or worked with last. */
  relayId: string | undefined;
  /** Relays that named a pack for this party, which all have to hear that it is here. */
  readonly origins: Map<PackId, Set<string>>;
  readonly trust: Trust;
  /** Relays that take no batches, and packs that are sent alone, since a batch did not bring them there. */
  readonly noBatches: Set<string>;
  readonly alone: Set<PackId>;
  /** The run of each relay that was heard last, by relay id. */
  readonly runs: Map<string, string>;
  /** How it stands with streams of events, by relay id. */
  readonly streams: Map<string, StreamTrust>;
  /** Monotonic time at which the mailbox of each relay was last read from its beginning, or first at all. */
  readonly readWholeAtMs: Map<string, number>;
  progressOf(packId: PackId): Progress;
  /** Changes what is known of a pack and rings. */
  note(packId: PackId, change: Partial<Progress>): void;
  /** Failures in a row of one pack; `count` raises the number first. */
  failures(packId: PackId): { known(): number; count(): number; clear(): void };
  /** Forgets packs that left `out/new`. */
  keepOnly(packIds: ReadonlySet<PackId>): void;
  /** Forgets every pause, after `wake`. */
  forgetPauses(): void;
  /** A small request and its answer took this long. */
  echoed(ms: number): void;
  /**
   * The shortest of the last echoes, and of the last minutes, milliseconds; 0 before the first. A queue that stands for
   * long must not become what is usual.
   */
  roundTripMs(): number;
  /** The way became longer: older echoes say nothing any more. */
  forgetEchoes(): void;
  state(): AgentState;
}

/** Faults shown at most; a thousand refused packs are one problem. */
const faultsShown = 50;

/** Some of them waited for a handshake or behind other bytes; the shortest did not. */
const echoesKept = 32;
/** While the pace is sought they follow one another within a third of a second: so long each one counts in any case. */
const echoesKeptMs = 2 * 60_000;

interface Echo {
  readonly number: number;
  readonly atMs: number;
  readonly ms: number;
}

/** `meter` is of the link, and so of all boards of an agent. */
export function createBoard(clock: Clock, meter: Meter = createMeter()): Board {
  const progress = new Map<PackId, Progress>();
  const failed = new Map<PackId, number>();
  const faults = new Map<string, AgentState['faults'][number]>();
  const bell = createBell(clock);
  let echoed = 0;
  let echoes: readonly Echo[] = [];
  let lastContactMs: number | undefined;

  return {
    ...meter,
    order: { format: 1, wake: 0, packs: [] },
    outgoing: [],
    link: 'unknown',
    timeouts: 0,
    away: { times: 0, notBeforeMs: 0, statNotBeforeMs: 0 },
    freshUntilMs: 0,
    keyLists: new Map(),
    bell,
    wake: createBell(clock),
    published: new Map(),
    runs: new Map(),
    relayId: undefined,
    origins: new Map(),
    trust: createTrust(clock),
    noBatches: new Set(),
    alone: new Set(),
    streams: new Map(),
    readWholeAtMs: new Map(),
    progressOf: (packId) => progress.get(packId) ?? noProgress,
    note(packId, change) {
      progress.set(packId, { ...(progress.get(packId) ?? noProgress), ...change });
      bell.ring();
    },
    failures: (packId) => ({
      known: () => failed.get(packId) ?? 0,
      count: () => {
        const count = (failed.get(packId) ?? 0) + 1;
        failed.set(packId, count);
        return count;
      },
      clear: () => void failed.delete(packId),
    }),
    keepOnly(packIds) {
      for (const packId of progress.keys()) {
        if (packIds.has(packId)) continue;
        progress.delete(packId);
        failed.delete(packId);
        faults.delete(packId);
        this.alone.delete(packId);
      }
    },
    forgetPauses() {
      this.away = { times: 0, notBeforeMs: 0, statNotBeforeMs: 0 };
      failed.clear();
      for (const [packId, known] of progress) progress.set(packId, { ...known, notBeforeMs: 0 });
      bell.ring();
    },
    contact() {
      lastContactMs = clock.nowMs();
      if (this.link === 'up') return;
      this.link = 'up';
      bell.ring();
    },
    echoed(ms) {
      const [number, atMs] = [++echoed, clock.monotonicMs()];
      // Longer ones before it say nothing any more.
      const shorter = echoes.filter(
        (each) =>
          each.ms < ms && (number - each.number < echoesKept || atMs - each.atMs < echoesKeptMs),
      );
      echoes = [...shorter, { number, atMs, ms }];
    },
    roundTripMs: () => echoes[0]?.ms ?? 0,
    forgetEchoes() {
      echoes = echoes.slice(-1);
    },
    fault(key, { kind, message, next }, packId) {
      // What is shown already keeps its time and rings for nobody: a loop that waits for the bell must not ring it.
      if (faults.get(key)?.message === message) return;
      const at = isoOf(clock.nowMs());
      faults.set(key, { kind, message, next, at, ...(packId && { packId }) });
      bell.ring();
    },
    clear(key) {
      if (faults.delete(key)) bell.ring();
    },
    state() {
      const offsets = this.outgoing.map(({ packId, sizeBytes }) => {
        const { offset, isDone } = progress.get(packId) ?? noProgress;
        return [packId, isDone ? sizeBytes : offset] as const;
      });
      return {
        format: 1,
        link: this.link,
        rateBytesPerS: Math.round(meter.line(this.roundTripMs())),
        lastContactAt: lastContactMs === undefined ? null : isoOf(lastContactMs),
        offsets: Object.fromEntries(offsets),
        faults: [...faults.values()].slice(-faultsShown),
      };
    },
  };
}
