import { joinSignals } from '../core/signals.ts';
import type { Connection } from './context.ts';
import { attemptAfterMs, attemptDeadlineMs, type Signs, swallowedInMs } from './silence.ts';

/** What it takes of a connection. */
export type ProvingConnection = Pick<
  Connection,
  'board' | 'clock' | 'log' | 'pulse' | 'random' | 'signal'
> & {
  readonly client: Pick<Connection['client'], 'ping'>;
};

/** What is known before anything is asked. */
export type Silence = Pick<Signs, 'underWayBytes' | 'inVain'> & { readonly sinceMs: number };

/**
 * Whether the connections that stand are swallowed while fresh ones are let through: a modem or an address translator
 * lost its memory of them. Small requests are made, one on a connection that rested and others on ones made for them,
 * until one of these is answered: something on the way may accept connections itself while the link behind it is gone.
 * False as soon as anything old is answered, broken or given up, and where nothing rests that could be asked. Nothing
 * new is sent meanwhile.
 */
export async function areSwallowed(
  connection: ProvingConnection,
  { sinceMs, underWayBytes, inVain }: Silence,
): Promise<boolean> {
  const { board, client, clock, log, pulse, random, signal } = connection;
  const answers = pulse.answers();
  const alarms = pulse.alarms();
  const roundTripMs = board.roundTripMs();
  const fromMs = clock.monotonicMs();
  const over = new AbortController();
  const { signal: either } = joinSignals(signal, over.signal);
  const asked: Promise<void>[] = [];
  let isKeptSilent = true;
  let freshMs = Number.POSITIVE_INFINITY;
  let nextMs = fromMs;
  let woken = board.wake.count();
  let news = new AbortController();
  const askKept = async (): Promise<void> => {
    await client.ping(either, 'kept');
    isKeptSilent = false;
    news.abort();
  };
  const askFresh = async (): Promise<void> => {
    const begunMs = clock.monotonicMs();
    const answer = await client.ping(either, 'fresh', attemptDeadlineMs(roundTripMs));
    if (!answer.ok) return;
    freshMs = Math.min(freshMs, clock.monotonicMs() - begunMs);
    news.abort();
  };
  pulse.isDark = true;
  try {
    asked.push(askKept());
    for (;;) {
      const nowMs = clock.monotonicMs();
      if (signal.aborted || !isKeptSilent || pulse.alarms() !== alarms) return false;
      if (pulse.answers() !== answers || pulse.silentSinceMs() !== sinceMs) return false;
      const leftMs = swallowedInMs({
        ...{ silentMs: nowMs - sinceMs, keptSilentMs: nowMs - fromMs, freshMs },
        ...{ roundTripMs, rate: board.rate(), underWayBytes, inVain },
      });
      if (leftMs <= 0) {
        log.warn('agent/swallowed', { silentMs: Math.round(nowMs - sinceMs) });
        return true;
      }
      const isAsked = leftMs < Number.POSITIVE_INFINITY;
      const isWoken = board.wake.count() !== woken;
      woken = board.wake.count();
      if (!isAsked && (nowMs >= nextMs || isWoken)) {
        asked.push(askFresh());
        nextMs = nowMs + Math.max(oftenMs, attemptAfterMs(nowMs - fromMs, random));
      }
      if (news.signal.aborted) news = new AbortController();
      const waitMs = Math.max(1, Math.min(leftMs, lookEveryMs));
      const { signal: until, release } = joinSignals(signal, news.signal);
      await board.wake.after(woken, waitMs, until);
      release();
    }
  } finally {
    pulse.isDark = false;
    over.abort();
    await Promise.all(asked);
  }
}

/** A request and its handshake cost some thousand bytes, which a slow link has to carry. */
const oftenMs = 1_000;
/** An answer on an old connection rings nobody here. */
const lookEveryMs = 100;
