import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { hex } from '../core/bytes.ts';
import type { Fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { joinSignals } from '../core/signals.ts';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
import {
  eventStreamMediaType,
  handleSchema,
  longestWaitS,
  packIdsSchema,
  pieceMediaType,
  routePrefix,
  sessionRequestSchema,
  uploadLengthHeader,
  uploadOffsetHeader,
} from '../wire/routes.ts';
import type { Rights } from './admission.ts';
import { addBatchRoute } from './app-batch.ts';
import { addEnrolmentRoutes } from './app-enrolment.ts';
import { bodyOf, drain, readJson, readText } from './body.ts';
import { eventStream } from './event-stream.ts';
import { type RelayFault, relayFault, statusOfFault, storageFault } from './fault.ts';
import type { Caller, PushedDocument } from './ports.ts';
import { parseRange } from './range.ts';
import type { Relay, RelayPorts } from './relay.ts';
import { sessionLifeS } from './sessions.ts';
import { withdrawn } from './uploads.ts';

/** A signed list with thousands of handles fits. */
const listSizeBytes = 2 * 1024 * 1024;

/** What the server tells of the peer of a request. */
export interface PeerOfRequest {
  /** IP address, or empty where it is not told. */
  readonly address?: string;
}

interface Env {
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

/** The routes of `sync/wire/routes.ts`. */
export function createRelayApp(ports: AppPorts): Hono<Env> {
  const app = new Hono<Env>();
  const answers = answersOf(ports);
  app.onError((cause, c) => {
    const refusal = relayFault('relay/internal', 'Cannot do that: the relay has a fault', {
      cause,
    });
    return answers.refuse(c, refusal);
  });
  app.notFound((c) => answers.refuse(c, absent()));
  app.use(async (c, next) => {
    const entered = ports.relay.strangers.enter(addressOf(c));
    if (!entered.ok) return answers.refuse(c, entered.fault);
    try {
      await next();
    } finally {
      entered.value.leave();
    }
    // An answer before the end of the body would look like a cut to the sender.
    if (!c.req.raw.bodyUsed) await drain(c);
    ports.relay.tallies.answers.add(`${Math.floor(c.res.status / 100)}xx`);
    return undefined;
  });
  addOpenRoutes(app, ports, answers);
  addBatchRoute(app, ports.relay, { ...answers, callerOf: (c) => c.get('caller') });
  addPackRoutes(app, ports, answers);
  addMailboxRoutes(app, ports, answers);
  const { enrolment } = ports.relay;
  addEnrolmentRoutes(app, { enrolment, stop: ports.stop }, answers.refuse);
  return app;
}

type Answers = ReturnType<typeof answersOf>;

function answersOf({ relay, random, log, onBroken }: AppPorts) {
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

/** Routes without a session: what they accept proves itself. */
function addOpenRoutes(app: Hono<Env>, ports: AppPorts, { refuse }: Answers): void {
  const { relay, clock } = ports;
  app.get(`${routePrefix}/time`, (c) => c.json({ nowMs: clock.nowMs() }));

  const isRefusal = new Set<string>(['relay/forbidden', 'relay/other-list']);
  /** What proves itself costs a signature check: an address that fails again and again waits. */
  const tried = async <T>(
    c: Context<Env>,
    work: () => Promise<Result<T, RelayFault>>,
  ): Promise<Result<T, RelayFault>> => {
    const may = relay.strangers.mayTry(addressOf(c));
    if (!may.ok) return may;
    const outcome = await work();
    if (!outcome.ok && isRefusal.has(outcome.fault.kind)) relay.strangers.refused(addressOf(c));
    return outcome;
  };

  app.post(`${routePrefix}/session`, async (c) => {
    const request = await readJson(c, sessionRequestSchema);
    if (!request.ok) return refuse(c, request.fault);
    const { handle, challenge, signature } = request.value;
    if (challenge === undefined || signature === undefined) {
      return c.json({ challenge: relay.sessions.challenge(handle) });
    }
    const token = await tried(c, async () => relay.sessions.prove(handle, challenge, signature));
    return token.ok
      ? c.json({ token: token.value, expiresInS: sessionLifeS })
      : refuse(c, token.fault);
  });

  const admit = (name: PushedDocument) => async (c: Context<Env>) => {
    const text = await readText(c, listSizeBytes);
    if (!text.ok) return refuse(c, text.fault);
    const admitted = await tried(c, () => admitLines(relay, name, text.value));
    return admitted.ok ? c.json({}) : refuse(c, admitted.fault);
  };
  app.put(`${routePrefix}/keylist`, admit('center.keys'));
  app.put(`${routePrefix}/access`, admit('access.json'));
}

/** A key list may come behind those that handed its root over: one a line, the newest last. The last one counts. */
async function admitLines(
  relay: Relay,
  name: PushedDocument,
  text: string,
): Promise<Result<void, RelayFault>> {
  const lines = name === 'center.keys' ? text.split('\n').filter((line) => line !== '') : [text];
  if (lines.length < 2) return relay.admit(name, text);
  let last: Result<void, RelayFault> = ok(undefined);
  for (const line of lines.slice(0, 64)) last = await relay.admit(name, `${line}\n`);
  return last;
}

function addPackRoutes(app: Hono<Env>, ports: AppPorts, { refuse, withSession }: Answers): void {
  const { relay, store } = ports;

  app.post(`${routePrefix}/packs/status`, withSession, async (c) => {
    const request = await readJson(c, packIdsSchema);
    if (!request.ok) return refuse(c, request.fault);
    const status = await relay.status(c.get('caller'), request.value.packIds);
    return status.ok ? c.json(status.value) : refuse(c, status.fault);
  });

  app.on(['PUT', 'PATCH'], `${routePrefix}/packs/:id`, withSession, async (c) => {
    const packId = parsePackId(c.req.param('id'));
    const totalBytes = wholeNumber(c.req.header(uploadLengthHeader));
    const offset = c.req.method === 'PUT' ? 0 : wholeNumber(c.req.header(uploadOffsetHeader));
    const isPiece = c.req.method === 'PUT' || c.req.header('content-type') === pieceMediaType;
    if (packId === undefined || totalBytes === undefined || offset === undefined || !isPiece) {
      const message = 'Cannot take a pack without id, media type, length and offset';
      return refuse(c, relayFault('relay/bad-request', message));
    }
    const piece = { offset, totalBytes };
    const { uploads } = relay;
    const body = bodyOf(c);
    const received = await uploads.receive(c.get('caller'), packId, piece, body);
    if (!received.ok) return refuse(c, received.fault);
    if (received.value.kind === 'offset') {
      c.header(uploadOffsetHeader, String(received.value.offset));
      return c.json({ offset: received.value.offset });
    }
    const receipt = relay.receipt(packId, received.value.sizeBytes);
    return c.body(receipt, 201, { 'content-type': 'application/json' });
  });

  app.get(`${routePrefix}/packs/:id`, withSession, async (c) => {
    const packId = parsePackId(c.req.param('id'));
    if (packId === undefined) return refuse(c, absent());
    const sizeBytes = await relay.fetchable(c.get('caller'), c.get('rights'), packId);
    if (!sizeBytes.ok) return refuse(c, sizeBytes.fault);
    if (sizeBytes.value === undefined) return refuse(c, absent());
    return sendRange(c, packId, sizeBytes.value);
  });

  async function sendRange(c: Context<Env>, packId: PackId, sizeBytes: number): Promise<Response> {
    const range = parseRange(c.req.header('range'), sizeBytes);
    if (range === undefined) {
      c.header('content-range', `bytes */${sizeBytes}`);
      return refuse(c, relayFault('relay/range', 'Cannot send bytes behind the end of the pack'));
    }
    const { offset, length } = range === 'whole' ? { offset: 0, length: sizeBytes } : range;
    const bytes = await store.readPack(packId, offset, length);
    if (!bytes.ok) return refuse(c, storageFault(bytes.fault));
    if (bytes.value === undefined) return refuse(c, absent());
    relay.tallies.bytes.add('sent', bytes.value.length);
    c.header('content-type', 'application/octet-stream');
    c.header('accept-ranges', 'bytes');
    if (range === 'whole') return c.body(Uint8Array.from(bytes.value));
    c.header('content-range', `bytes ${offset}-${offset + length - 1}/${sizeBytes}`);
    return c.body(Uint8Array.from(bytes.value), 206);
  }
}

function addMailboxRoutes(app: Hono<Env>, ports: AppPorts, { refuse, withSession }: Answers): void {
  const { relay, stop } = ports;

  app.get(`${routePrefix}/mailboxes/:mailbox/events`, withSession, async (c) => {
    const mailbox = handleSchema.safeParse(c.req.param('mailbox'));
    if (!mailbox.success || !c.get('rights').read.has(mailbox.data)) return refuse(c, absent());
    const after = c.req.query('after') ?? '';
    if (c.req.header('accept')?.includes(eventStreamMediaType)) {
      return streamOf(c, mailbox.data, after);
    }
    const waitS = Math.min(longestWaitS, wholeNumber(c.req.query('wait')) ?? 0);
    const either = joinSignals(c.req.raw.signal, stop);
    const { mailboxes } = relay;
    const events = await mailboxes.events(
      c.get('caller'),
      mailbox.data,
      after,
      waitS * 1000,
      either.signal,
    );
    either.release();
    // The wait may have ended because the center took the right away.
    const now = relay.admission.rights(c.get('caller'));
    if (now?.read.has(mailbox.data) !== true) return refuse(c, withdrawn());
    return events.ok ? c.json(events.value) : refuse(c, events.fault);
  });

  function streamOf(c: Context<Env>, mailbox: string, after: string): Response {
    const gone = new AbortController();
    const { signal } = joinSignals(c.req.raw.signal, stop, gone.signal);
    const events = relay.mailboxes.stream(c.get('caller'), mailbox, after, signal);
    c.header('content-type', eventStreamMediaType);
    c.header('cache-control', 'no-store, no-transform');
    // Asks the best known proxy not to gather what it passes on.
    c.header('x-accel-buffering', 'no');
    return c.body(eventStream(events, () => gone.abort()));
  }

  app.post(`${routePrefix}/acks`, withSession, async (c) => {
    const request = await readJson(c, packIdsSchema);
    if (!request.ok) return refuse(c, request.fault);
    const { packIds } = request.value;
    const released = await relay.acknowledge(c.get('caller'), c.get('rights'), packIds);
    return released.ok ? c.json({}) : refuse(c, released.fault);
  });

  app.get(`${routePrefix}/keylist`, withSession, (c) => {
    const { text } = relay.admission.keyList(c.get('caller').center);
    if (text === undefined) return refuse(c, absent());
    // Who slept over a change of root follows it line by line.
    const handovers = relay.admission.handovers(c.get('caller').center);
    const lines = [...handovers, text].map((each) => (each.endsWith('\n') ? each : `${each}\n`));
    return c.body(handovers.length === 0 ? text : lines.join(''), 200, {
      'content-type': 'application/json',
    });
  });
}

function addressOf(c: Context<Env>): string {
  // A test asks the app without a server around it.
  const peer: PeerOfRequest | undefined = c.env;
  return peer?.address ?? '';
}

/** Says the same for what does not exist and for what is somebody else's. */
function absent(): RelayFault {
  return relayFault('relay/absent', 'Cannot find that');
}

function statusOf(fault: RelayFault): ContentfulStatusCode {
  return statusOfFault[fault.kind];
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
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
