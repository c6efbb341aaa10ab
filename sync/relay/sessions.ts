import { base64url, fromBase64url, fromHex, hex } from '../core/bytes.ts';
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

/** Sessions live in memory: a restarted relay asks everybody to prove himself again. */
export interface Sessions {
  /** A challenge for any 16-byte handle (hex): whether it is known is not told. */
  challenge(handle: string): string;
  /** The token (256 bits, base64url) for a signed challenge; every failure is the same `relay/forbidden`. */
  open(handle: string, challenge: string, signature: string): Result<string, RelayFault>;
  /** Who holds `token`; `relay/no-session` when it is unknown or over. */
  callerOf(token: string): Result<Caller, RelayFault>;
}

/** `spkiSha256` is the hash of this relay's TLS key: a proof made for another relay is no good here. */
export function createSessions(
  ports: {
    readonly clock: Clock;
    readonly random: Random;
    readonly admission: Pick<Admission, 'callersOf' | 'rights'>;
  },
  spkiSha256: Uint8Array,
): Sessions {
  const { clock, random, admission } = ports;
  const secret = random.bytes(32);
  const sessions = new Map<string, { readonly caller: Caller; readonly endsAtMs: number }>();

  const remember = (caller: Caller): string => {
    const own = [...sessions].filter(
      ([, session]) =>
        session.caller.handle === caller.handle && session.caller.center === caller.center,
    );
    for (const [name] of own.slice(0, Math.max(0, own.length + 1 - sessionsPerCaller))) {
      sessions.delete(name);
    }
    const token = random.bytes(32);
    const endsAtMs = clock.monotonicMs() + sessionLifeS * 1000;
    sessions.set(hex(sha256(token)), { caller, endsAtMs });
    return base64url(token);
  };

  return {
    challenge(handle) {
      const expiresAtMs = Math.floor(clock.nowMs()) + challengeLifeS * 1000;
      const name = fromHex(handle) ?? new Uint8Array(16);
      return base64url(makeChallenge(secret, name, random.bytes(16), expiresAtMs));
    },
    open(handle, challengeText, signatureText) {
      const name = fromHex(handle);
      const challenge = fromBase64url(challengeText);
      const signature = fromBase64url(signatureText);
      if (name !== undefined && challenge !== undefined && signature !== undefined) {
        const isOurs = checkChallenge(secret, name, challenge, clock.nowMs());
        for (const caller of isOurs ? admission.callersOf(handle) : []) {
          const transport = admission.rights(caller)?.transport;
          if (transport === undefined) continue;
          if (verifySession(transport, spkiSha256, name, challenge, signature)) {
            return ok(remember(caller));
          }
        }
      }
      return fail(relayFault('relay/forbidden', 'Cannot open a session: the proof is not good'));
    },
    callerOf(token) {
      const bytes = fromBase64url(token);
      const name = bytes?.length === 32 ? hex(sha256(bytes)) : '';
      const session = sessions.get(name);
      if (session !== undefined && session.endsAtMs > clock.monotonicMs())
        return ok(session.caller);
      sessions.delete(name);
      return fail(
        relayFault('relay/no-session', 'Cannot do that without a session', { retry: 'now' }),
      );
    },
  };
}
