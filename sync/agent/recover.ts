import { fault } from '../core/fault.ts';
import { joinSignals } from '../core/signals.ts';
import { type CallFault, isHopelessFault } from './call.ts';
import { type Connection, pauseMs } from './context.ts';
import type { Link } from './ports.ts';
import {
  attemptAfterMs,
  attemptDeadlineMs,
  type Finding,
  findingOf,
  hopeMs,
  patienceMs,
} from './silence.ts';
import { areSwallowed } from './swallowed.ts';

/**
 * Looks after the way to the relay until the connection ends. When nothing is answered for too long, or a connection
 * broke, nothing new is sent and fresh connections are tried until one is through: then whatever waits on old ones is
 * reset, since TCP would repeat it only seconds later, and goes on from what the relay holds. So is everything that
 * stands when only fresh connections are let through.
 */
export async function recoverLoop(connection: Connection, link: Link): Promise<void> {
  const { board, clock, pulse, signal } = connection;
  let alarms = pulse.alarms();
  /** Ways found again that broke before anything was answered. */
  let inVain = 0;
  let answers = pulse.answers();
  /** Connections taken for swallowed, in a row, and when: without an answer since it was in vain. */
  let resets = { count: 0, answers };
  /** A silence that was found to be mere slowness is left to the deadlines of the requests. */
  let explainedMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const since = pulse.silentSinceMs();
    const isAlarm = pulse.alarms() !== alarms;
    const silentMs = since === undefined ? 0 : clock.monotonicMs() - since;
    const leftMs =
      since === undefined || since === explainedMs ? 60_000 : patience(connection) - silentMs;
    if (!isAlarm && leftMs > 0) {
      await board.bell.after(seen, leftMs, signal);
      continue;
    }
    alarms = pulse.alarms();
    inVain = pulse.answers() === answers ? inVain + 1 : 0;
    answers = pulse.answers();
    if (isAlarm && inVain > 1) await restInDark(connection, pauseMs(connection, inVain - 1));
    // Those that are made from here on are no part of a silence that was before.
    const resetStanding = link.standing();
    const finding = await findAgain(connection, link, isAlarm);
    const isSilent = finding === 'slow' && !isAlarm && since !== undefined;
    const resetsInVain = pulse.answers() === resets.answers ? resets.count : 0;
    const isSwallowed =
      isSilent &&
      (await areSwallowed(connection, {
        ...{ sinceMs: since, inVain: resetsInVain },
        underWayBytes: underWayBytes(connection),
      }));
    if (isSwallowed) resets = { count: resetsInVain + 1, answers: pulse.answers() };
    if (finding === 'cut' || isSwallowed) {
      if (isSwallowed) resetStanding();
      else link.reset();
      pulse.forget();
      board.freshUntilMs = clock.monotonicMs() + freshRoundTrips * board.roundTripMs();
      for (let n = 0; n < spareConnections; n++) void link.open(spareMs, () => undefined, signal);
      alarms = pulse.alarms();
    } else if (!isAlarm && pulse.silentSinceMs() === since) {
      explainedMs = since ?? explainedMs;
    }
    board.bell.ring();
  }
}

function patience(connection: Connection): number {
  const { board } = connection;
  return patienceMs(board.roundTripMs(), board.rate(), underWayBytes(connection));
}

function underWayBytes({ running }: Connection): number {
  return [...running].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

async function restInDark({ board, pulse, signal }: Connection, ms: number): Promise<void> {
  pulse.isDark = true;
  await board.wake.after(board.wake.count(), ms, signal);
  pulse.isDark = false;
}

/** What the search takes of a connection. */
export type SeekingConnection = Pick<
  Connection,
  'board' | 'clock' | 'hasOthers' | 'leave' | 'log' | 'pulse' | 'random' | 'signal'
>;

/**
 * Tries fresh connections until one is through. What is under way on old ones is given up when none is heard for long:
 * TCP would repeat it into the void on each of them, and the relay counts what came of it. `isBroken`: connections
 * broke, so only one whose pin was checked counts, else the first sign that something is there again does. Answers
 * nothing when the connection ended.
 */
export async function findAgain(
  connection: SeekingConnection,
  link: Pick<Link, 'open' | 'reset'>,
  isBroken: boolean,
): Promise<Finding | undefined> {
  const { board, clock, log, pulse, random, signal } = connection;
  const answers = pulse.answers();
  const attempts: AbortController[] = [];
  const heard = new Set<number>();
  let isOpen = false;
  let hasGivenUp = false;
  let darkSinceMs = clock.monotonicMs();
  let woken = board.wake.count();
  let news = new AbortController();
  const tell = (): void => news.abort();
  const isFound = (): boolean => isOpen || (!isBroken && heard.size > 0);

  const attempt = async (number: number, giveUp: AbortController): Promise<void> => {
    const fromMs = clock.monotonicMs();
    const onReached = (): void => {
      heard.add(number);
      board.echoed(clock.monotonicMs() - fromMs);
      // What accepts connections itself while the way behind it is gone would have one made after the other.
      if (isFound()) tell();
    };
    const either = joinSignals(signal, giveUp.signal);
    const deadlineMs = attemptDeadlineMs(board.roundTripMs(), fromMs - darkSinceMs);
    const opened = await link.open(deadlineMs, onReached, either.signal);
    either.release();
    if (opened.ok) {
      isOpen = true;
      tell();
    } else if (isHopelessFault(opened.fault)) {
      connection.leave(opened.fault);
    } else if (opened.fault.kind !== 'link/closed' && !isFound()) {
      showDown(connection, opened.fault);
    }
  };

  pulse.isDark = true;
  try {
    let answeredForMs = 0;
    while (!signal.aborted && !isFound() && answeredForMs < answeredAtMostMs) {
      const giveUp = new AbortController();
      attempts.push(giveUp);
      const darkMs = clock.monotonicMs() - darkSinceMs;
      if (connection.hasOthers && darkMs > elsewhereMs) break;
      const isHopeless = heard.size === 0 && pulse.answers() === answers;
      if (!isBroken && !hasGivenUp && isHopeless && darkMs > hopeMs(board.roundTripMs())) {
        hasGivenUp = true;
        link.reset();
      }
      attempt(attempts.length - 1, giveUp).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        log.error('agent/attempt-broken', { reason });
      });
      news = new AbortController();
      const waitMs = attemptAfterMs(darkMs, random);
      const either = joinSignals(signal, news.signal);
      if (!isFound()) await board.wake.after(woken, waitMs, either.signal);
      either.release();
      // An old connection that recovered by itself says that the link is there, not that it was.
      if (!isBroken && pulse.answers() !== answers) answeredForMs += waitMs;
      if (board.wake.count() !== woken) darkSinceMs = clock.monotonicMs();
      woken = board.wake.count();
    }
    if (signal.aborted) return undefined;
    if (!isFound() && answeredForMs === 0) {
      connection.leave(downFault);
      return undefined;
    }
    // The system repeats lost attempts too: those that come through with the first one come through now.
    if (!isBroken) await clock.wait(togetherMs, signal);
    for (const [number, giveUp] of attempts.entries()) if (!heard.has(number)) giveUp.abort();
    const finding = isBroken ? 'slow' : findingOf([...heard]);
    log.info('agent/found-again', {
      finding,
      afterMs: Math.round(clock.monotonicMs() - darkSinceMs),
    });
    board.clear('link');
    return finding;
  } finally {
    pulse.isDark = false;
  }
}

/** Connections without a past carry little before the first acknowledgements. */
const freshRoundTrips = 3;
/** Opened after a cut, so that the next cut finds some with nothing under way: those go on at once. */
const spareConnections = 10;
const spareMs = 10_000;

/** With several ways to relays, the next one is tried after so long. */
const elsewhereMs = 20_000;
const togetherMs = 60;
/** After an answer on an old connection an attempt is heard within so long, or never. */
const answeredAtMostMs = 1_500;

const downFault: CallFault = fault(
  'link/down',
  'Cannot reach the relay',
  'It is tried again by itself',
  'later',
);

function showDown({ board, log }: SeekingConnection, failed: CallFault): void {
  board.fault('link', failed);
  if (board.link === 'down') return;
  board.link = 'down';
  board.bell.ring();
  log.warn('agent/link-down', { reason: failed.kind });
}
