import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { hex } from '../core/bytes.ts';
import type { Fault } from '../core/fault.ts';
import { uploadOffsetHeader } from '../wire/routes.ts';
import type { Rights } from './admission.ts';
import { type RelayFault, statusOfFault, withdrawn } from './fault.ts';
import type { Caller } from './ports.ts';
import type { Relay, RelayPorts } from './relay.ts';

/** What the server tells of the peer of a request. */
export interface PeerOfRequest {
  /** IP address, or empty where it is not told. */
  readonly address?: string;
}

/** What hono keeps of a request. */
export interface Env {
  Bindings: PeerOfRequest;
  Variables: { caller: Caller; rights: Rights };
}

/** Runs on Node and Deno: nothing here knows a socket. */
export interface AppPorts extends Pick<RelayPorts, 'store' | 'clock' | 'random' | 'log'> {
  readonly relay: Relay;
  /** Aborts when the relay stops: who waits for events is answered at once. */
  readonly stop: AbortSignal;
  /** A fault of disk or database, after which only a restart helps (exit 75). */
  onBroken(cause: Fault): void;
}

export type Answers = ReturnType<typeof answersOf>;

/** How every route refuses, and what those behind a session stand behind. */
export function answersOf({ relay, random, log, onBroken }: AppPorts) {
  const refuse = (c: Context, fault: RelayFault): Response => {
    const { kind, message, retryAfterS, offset } = fault;
    relay.tallies.refusals.add(kind);
    if (retryAfterS !== undefined) c.header('retry-after', String(retryAfterS));
    if (offset !== undefined) c.header(uploadOffsetHeader, String(offset));
    if (kind === 'relay/no-session') c.header('www-authenticate', 'Bearer');
    const body = { code: kind, message, ...(offset === undefined ? {} : { offset }) };
    if (kind !== 'relay/internal') return c.json(body, statusOf(fault));
    // The reason stays here, under a number that a person can quote.
    const id = hex(random.bytes(4));
    log.error('relay/fault', { id, reason: reasonOf(fault.cause) });
    if (isFault(fault.cause) && isBreaking.has(fault.cause.kind)) onBroken(fault.cause);
    return c.json({ ...body, id }, statusOf(fault));
  };
  const withSession = createMiddleware<Env>(async (c, next) => {
    const [, token = ''] =
      /^Bearer ([A-Za-z0-9_-]+)$/.exec(c.req.header('authorization') ?? '') ?? [];
    const caller = relay.sessions.callerOf(token);
    if (!caller.ok) return refuse(c, caller.fault);
    const rights = relay.admission.rights(caller.value);
    if (rights === undefined) return refuse(c, withdrawn());
    c.set('caller', caller.value);
    c.set('rights', rights);
    return next();
  });
  return { refuse, withSession };
}

export function addressOf(c: Context<Env>): string {
  // A test asks the app without a server around it.
  const peer: PeerOfRequest | undefined = c.env;
  return peer?.address ?? '';
}

/** Digits and nothing else, as a header or a query has them. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function statusOf(fault: RelayFault): ContentfulStatusCode {
  return statusOfFault[fault.kind];
}

/** Faults after which the process must start again (storage design: an fsync is never retried). */
const isBreaking: ReadonlySet<string> = new Set(['packs/io', 'database/io', 'database/corrupt']);

function isFault(cause: unknown): cause is Fault {
  return typeof cause === 'object' && cause !== null && 'kind' in cause && 'next' in cause;
}

function reasonOf(cause: unknown): string {
  if (isFault(cause)) return `${cause.kind}: ${cause.message}`;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
