import { base64url, fromBase64url, fromHex, hex, sameBytes } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { checkChallenge, makeChallenge, verifySession } from '../seal/session.ts';
import { sha256 } from '../seal/sha256.ts';
import type { Admission } from './admission.ts';
import { type RelayFault, relayFault } from './fault.ts';
import type { Caller } from './ports.ts';

/** How long a session token is good, and how long a challenge may be answered. */
export const sessionLifeS = 3_600;
const challengeLifeS = 60;

/** Sessions of one handle at a time; the oldest gives way, so nobody can fill the memory. */
const sessionsPerCaller = 16;

/**
 * An agent that connects anew leaves its earlier session behind. One that is still used this long after a younger one
 * was opened belongs to somebody else with the same key: a box that was cloned, or a key that was stolen.
 */
const overlapMs = 120_000;
const toldEveryMs = 3_600_000;

/** Sessions live in memory: a restarted relay asks everybody to prove himself again. */
export interface Sessions {
  /** A challenge for any 16-byte handle (hex): whether it is known is not told. */
  challenge(handle: string): string;
  /** The token (256 bits, base64url) for a signed challenge; every failure is the same `relay/forbidden`. */
  prove(handle: string, challenge: string, signature: string): Result<string, RelayFault>;
  /**
   * Who holds `token`; `relay/no-session` when it is unknown or over. It is over at once when its handle is retired,
   * or listed with another transport key.
   */
  callerOf(token: string): Result<Caller, RelayFault>;
  /** Callers of whom two holders of one key were seen in the last hours. */
  doubled(): readonly Caller[];
  /** Sessions that are not over. */
  count(): number;
}

interface Session {
  readonly caller: Caller;
  readonly transport: Uint8Array;
  readonly openedAtMs: number;
}

/** `spkiSha256` is the hash of this relay's TLS key: a proof made for another relay is no good here. */
export function createSessions(
  ports: {
    readonly clock: Clock;
    readonly random: Random;
    readonly admission: Pick<Admission, 'callersOf' | 'rights'>;
    /** Two holders of one transport key; told again every hour that it lasts. */
    onDoubled(caller: Caller): void;
  },
  spkiSha256: Uint8Array,
): Sessions {
  const { clock, random, admission } = ports;
  const secret = random.bytes(32);
  const sessions = new Map<string, Session>();
  /** The youngest session of each caller, and when two holders of its key were told last. */
  const youngest = new Map<
    string,
    { readonly caller: Caller; openedAtMs: number; toldMs?: number }
  >();
  const isOver = ({ openedAtMs }: Session): boolean =>
    openedAtMs + sessionLifeS * 1000 <= clock.monotonicMs();

  const remember = (caller: Caller, transport: Uint8Array): string => {
    const own = [...sessions].filter(([, session]) => nameOf(session.caller) === nameOf(caller));
    const live = own.filter(([, session]) => !isOver(session));
    const places = Math.max(0, live.length + 1 - sessionsPerCaller);
    for (const [name] of [
      ...own.filter((each) => !live.includes(each)),
      ...live.slice(0, places),
    ]) {
      sessions.delete(name);
    }
    const token = random.bytes(32);
    const openedAtMs = clock.monotonicMs();
    sessions.set(hex(sha256(token)), { caller, transport, openedAtMs });
    youngest.set(nameOf(caller), { ...youngest.get(nameOf(caller)), caller, openedAtMs });
    return base64url(token);
  };

  const lookForDoubles = ({ caller, openedAtMs }: Session): void => {
    const last = youngest.get(nameOf(caller));
    const nowMs = clock.monotonicMs();
    if (last === undefined || last.openedAtMs <= openedAtMs) return;
    if (nowMs - last.openedAtMs < overlapMs) return;
    if (last.toldMs !== undefined && nowMs - last.toldMs < toldEveryMs) return;
    last.toldMs = nowMs;
    ports.onDoubled(caller);
  };

  return {
    challenge(handle) {
      const expiresAtMs = Math.floor(clock.nowMs()) + challengeLifeS * 1000;
      const name = fromHex(handle) ?? new Uint8Array(16);
      return base64url(makeChallenge(secret, name, random.bytes(16), expiresAtMs));
    },
    prove(handle, challengeText, signatureText) {
      const name = fromHex(handle);
      const challenge = fromBase64url(challengeText);
      const signature = fromBase64url(signatureText);
      if (name !== undefined && challenge !== undefined && signature !== undefined) {
        const isOurs = checkChallenge(secret, name, challenge, clock.nowMs());
        for (const caller of isOurs ? admission.callersOf(handle) : []) {
          const transport = admission.rights(caller)?.transport;
          if (transport === undefined) continue;
          if (verifySession(transport, spkiSha256, name, challenge, signature)) {
            return ok(remember(caller, transport));
          }
        }
      }
      return fail(relayFault('relay/forbidden', 'Cannot open a session: the proof is not good'));
    },
    callerOf(token) {
      const bytes = fromBase64url(token);
      const name = bytes?.length === 32 ? hex(sha256(bytes)) : '';
      const session = sessions.get(name);
      if (session !== undefined && !isOver(session)) {
        const transport = admission.rights(session.caller)?.transport;
        if (transport !== undefined && sameBytes(transport, session.transport)) {
          lookForDoubles(session);
          return ok(session.caller);
        }
      }
      sessions.delete(name);
      return fail(
        relayFault('relay/no-session', 'Cannot do that without a session', { retry: 'now' }),
      );
    },
    doubled: () =>
      [...youngest.values()]
        .filter(({ toldMs = -Infinity }) => clock.monotonicMs() - toldMs < 2 * toldEveryMs)
        .map(({ caller }) => caller),
    count: () => [...sessions.values()].filter((session) => !isOver(session)).length,
  };
}

function nameOf({ center, handle }: Caller): string {
  return `${center}.${handle}`;
}
