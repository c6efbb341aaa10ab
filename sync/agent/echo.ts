import type { Connection } from './context.ts';
import { isQueue, isUncertain, loweringsAtMost, settlingMs } from './pace.ts';

/** How often a small request measures the link while bytes leave. */
const everyMs = 5_000;
/** Waits of uploads, from their last byte on, that still say something about the queue. */
const lateMs = 1_500;

/**
 * Measures the link while uploads are under way, and sets their pace by it: a small request on a connection of its own
 * waits for nothing but the queue of the link. More often while the pace is sought or was just lowered.
 */
export async function echoLoop(connection: Connection): Promise<void> {
  const { board, clock, pulse, running, valve, signal } = connection;
  while (!signal.aborted) {
    const seen = board.bell.count();
    if (running.size === 0 || pulse.isDark) {
      await board.bell.after(seen, 60_000, signal);
      continue;
    }
    const fromMs = clock.monotonicMs();
    await echo(connection);
    const pace = valve.pace();
    const roundTripMs = board.roundTripMs();
    const waitMs = isUncertain(pace) ? settlingMs(roundTripMs) : everyMs;
    const leftMs = waitMs - (clock.monotonicMs() - fromMs);
    await clock.wait(Math.max(100, leftMs), signal);
  }
}

async function echo(connection: Connection): Promise<void> {
  const { board, clock, pulse, valve } = connection;
  const usualMs = board.roundTripMs();
  const { freshUntilMs } = board;
  let echoMs = await measure(connection);
  // A lost packet makes one request late, a queue makes all of them late.
  if (usualMs > 0 && isQueue(echoMs - usualMs, valve.pace())) {
    echoMs = Math.min(echoMs, await measure(connection));
  }
  // What was under way over a cut says nothing about a queue.
  if (board.freshUntilMs !== freshUntilMs) return;
  if (usualMs === 0 || !Number.isFinite(echoMs)) return;
  const shortestMs = Math.min(echoMs, pulse.shortestMs(clock.monotonicMs(), lateMs) ?? echoMs);
  const before = valve.pace();
  const queueMs = Math.max(0, shortestMs - usualMs);
  valve.judge({ queueMs, roundTripMs: usualMs, acknowledgedBytesPerS: board.arriving() });
  const after = valve.pace();
  if (after.lowered > before.lowered && after.lowered >= loweringsAtMost) board.forgetEchoes();
}

/** Milliseconds of one echo; Infinity when it failed. */
async function measure({ board, client, pulse, signal }: Connection): Promise<number> {
  const beat = pulse.begin();
  const answer = await client.ping(signal);
  if (!answer.ok) {
    beat.ended();
    return Number.POSITIVE_INFINITY;
  }
  const echoMs = beat.answered();
  board.echoed(echoMs);
  return echoMs;
}
