import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RelayFault, relayFault } from './fault.ts';

/** What one address may do; an IPv6 address counts with its whole /64, which one subscriber has to himself. */
export interface StrangerLimits {
  /** Proofs and lists that were refused before it has to wait. */
  readonly refusals: number;
  /** One refusal is forgotten after each of these. */
  readonly forgetMs: number;
}

/** A clinic's address with a dozen boxes behind it stays far below. */
const usualRequests = 256;
const usualLimits: StrangerLimits = { refusals: 40, forgetMs: 15_000 };

/** Addresses that are remembered; the one that was quiet for longest is forgotten first. */
const addressesKept = 10_000;

/** Keeps whoever has no session from using the relay up: each address by itself. */
export interface Strangers {
  /** Begins a request; `leave` ends it. Refused with `relay/too-many-requests`. */
  enter(address: string): Result<{ leave(): void }, RelayFault>;
  /** Whether the address may try to prove something; refused when it failed too often. */
  mayTry(address: string): Result<void, RelayFault>;
  /** What it tried was refused. */
  refused(address: string): void;
}

interface Known {
  requests: number;
  refusals: number;
  countedAtMs: number;
}

/**
 * `requests` may be under way at a time from one address. Addresses are texts of the platform; an empty one, of a test
 * or a runtime that tells none, is not limited.
 */
export function createStrangers(
  clock: Clock,
  requests = usualRequests,
  limits = usualLimits,
): Strangers {
  const known = new Map<string, Known>();

  const find = (address: string): Known => {
    const name = subscriberOf(address);
    const nowMs = clock.monotonicMs();
    const found = known.get(name) ?? { requests: 0, refusals: 0, countedAtMs: nowMs };
    const forgotten = Math.floor((nowMs - found.countedAtMs) / limits.forgetMs);
    found.refusals = Math.max(0, found.refusals - forgotten);
    found.countedAtMs += forgotten * limits.forgetMs;
    // Anew at the end: the order of the map is that of the last use.
    known.delete(name);
    known.set(name, found);
    for (const [oldest, { requests: underWay }] of known) {
      if (known.size <= addressesKept) break;
      if (underWay === 0) known.delete(oldest);
    }
    return found;
  };
  const wait = (retryAfterS: number): { readonly ok: false; readonly fault: RelayFault } => {
    const message = 'Cannot do that now: too much comes from this address';
    return fail(relayFault('relay/too-many-requests', message, { retryAfterS, retry: 'later' }));
  };

  return {
    enter(address) {
      if (address === '') return ok({ leave: () => undefined });
      const found = find(address);
      if (found.requests >= requests) return wait(5);
      found.requests++;
      return ok({ leave: () => void found.requests-- });
    },
    mayTry(address) {
      const isFree = address === '' || find(address).refusals < limits.refusals;
      return isFree ? ok(undefined) : wait(Math.ceil(limits.forgetMs / 1000));
    },
    refused(address) {
      if (address !== '') find(address).refusals++;
    },
  };
}

function subscriberOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...(tail === undefined ? [] : zeros), ...back].slice(0, 4).join(':');
}
