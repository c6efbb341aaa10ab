import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type {
  Endpoint,
  Link,
  LinkAnswer,
  LinkFault,
  LinkHead,
  LinkRequest,
} from '../agent/ports.ts';
import { errorCode } from '../core/error-code.ts';
import { fault } from '../core/fault.ts';
import { createGatherer } from '../core/gatherer.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { systemClock } from './clock-system.ts';
import { createDeadline } from './deadline.ts';
import { createLanes, type Lane, WrongPin } from './http-lanes.ts';

/** Kept connections that may be found dead one after the other, before a request counts as failed. */
const mostStale = 20;

/**
 * Connections to one relay: HTTP/1.1 over TLS 1.3, kept alive. The one check of a peer is its pin, made after the
 * handshake and before a byte is sent; names, dates and authorities decide nothing. A request that is given up has
 * its TCP socket reset, so that nothing of it stays in the kernel and competes (sync design, STAT).
 */
export function connectPinned(endpoint: Endpoint): Link {
  const lanes = createLanes(endpoint);
  let isClosed = false;
  return {
    async request(request) {
      // A kept connection may have died unseen: the relay never saw that request, so a fresh one takes it.
      for (let tries = 0; ; tries++) {
        if (isClosed) return fail(linkFault('link/closed'));
        const { use = 'small' } = request;
        const lane = use === 'kept' ? lanes.takeKept() : lanes.take(use);
        if (lane === undefined) return fail(linkFault('link/closed'));
        const outcome = await exchange(lane, endpoint, request);
        lanes.giveBack(lane);
        if (outcome !== 'stale') return outcome;
        if (tries > mostStale) return fail(linkFault('link/down'));
      }
    },
    async open(deadlineMs, onReached, signal) {
      const deadline = createDeadline(deadlineMs, signal);
      try {
        await lanes.open(onReached, deadline.signal);
        return ok(undefined);
      } catch (cause) {
        if (signal.aborted || isClosed) return fail(linkFault('link/closed'));
        return fail(deadline.hasPassed() ? linkFault('link/timeout') : connectFault(cause));
      } finally {
        deadline.release();
      }
    },
    reset: () => lanes.resetBusy(),
    standing: () => lanes.standing(),
    close() {
      isClosed = true;
      lanes.resetAll();
    },
  };
}

/** `stale` = a kept connection broke before any answer; the request may be made again at once. */
async function exchange(
  lane: Lane,
  { url }: Endpoint,
  request: LinkRequest,
): Promise<Result<LinkAnswer, LinkFault> | 'stale'> {
  const { method, path, headers, body, deadlineMs, signal } = request;
  if (signal.aborted) return fail(linkFault('link/closed'));
  const deadline = createDeadline(deadlineMs, signal);
  const stop = deadline.signal;
  const wasOpen = lane.isOpen();
  const sent = httpsRequest(new URL(path, url), {
    method,
    agent: lane.agent,
    headers: { ...headers, 'content-length': String(body?.length ?? 0) },
  });
  const giveUp = (): void => {
    lane.reset();
    // After the reset, else the request would close the socket politely first.
    setImmediate(() => sent.destroy(new Error('given up')));
  };
  stop.addEventListener('abort', giveUp, { once: true });
  let isAnswered = false;
  let writing = Promise.resolve();
  try {
    const answered = answerOf(sent);
    writing = writeBody(sent, request, stop).catch((cause: Error) => void sent.destroy(cause));
    const answer = await answered;
    isAnswered = true;
    const head = headOf(answer);
    const bytes = await readAnswer(answer, head, request);
    if (bytes === 'too-long' || bytes === 'silent') {
      giveUp();
      return fail(linkFault(bytes === 'silent' ? 'link/timeout' : 'link/not-http'));
    }
    return ok({ ...head, body: bytes });
  } catch (cause) {
    if (deadline.hasPassed()) return fail(linkFault('link/timeout'));
    if (signal.aborted) return fail(linkFault('link/closed'));
    if (lane.wasReset()) return fail(linkFault('link/reset'));
    return wasOpen && !isAnswered ? 'stale' : fail(connectFault(cause));
  } finally {
    stop.removeEventListener('abort', giveUp);
    // An answer may come before the end of the body: what is still written keeps its deadline.
    void writing.then(deadline.release);
  }
}

/**
 * Writes the body as fast as its pace allows, once there is a connection: what waits for a handshake would use the pace
 * of others up. Ends in silence when the request is given up.
 */
async function writeBody(
  sent: ClientRequest,
  { body, pace }: LinkRequest,
  stop: AbortSignal,
): Promise<void> {
  if (body === undefined || pace === undefined) {
    sent.end(body);
    return;
  }
  await connectionOf(sent, stop);
  for (let at = 0; at < body.length; ) {
    if (stop.aborted || sent.destroyed) return;
    const sizeBytes = await pace(body.length - at, stop);
    if (stop.aborted || sent.destroyed || sizeBytes <= 0) return;
    sent.write(body.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  sent.end();
}

/** Resolves once the request has its connection, whose pin was checked, or never will. */
function connectionOf(sent: ClientRequest, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop.removeEventListener('abort', end);
      resolve();
    };
    sent.once('socket', end).once('close', end);
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted || sent.destroyed) end();
  });
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Stays on for good: a socket may fail once more after the first time.
    sent.on('error', reject);
  });
}

function headOf({ statusCode = 0, headers }: IncomingMessage): LinkHead {
  return {
    status: statusCode,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

/** The body, or nothing of it when the request takes the bytes as they come. */
async function readAnswer(
  answer: IncomingMessage,
  head: LinkHead,
  { answerSizeBytes, stream, silenceMs }: LinkRequest,
): Promise<Uint8Array | 'too-long' | 'silent'> {
  const pieces = createGatherer();
  const take = (head.status < 300 ? stream?.(head) : undefined) ?? pieces.add;
  let sizeBytes = 0;
  let lastMs = systemClock.monotonicMs();
  const over = new AbortController();
  // By events: an iteration would drop what came together with the end of a connection that broke.
  const reading = new Promise<Uint8Array | 'too-long'>((resolve, reject) => {
    answer.on('data', (piece: Uint8Array) => {
      lastMs = systemClock.monotonicMs();
      sizeBytes += piece.length;
      if (sizeBytes > answerSizeBytes) resolve('too-long');
      else take(piece);
    });
    answer.once('end', () => resolve(pieces.take()));
    answer.on('error', reject);
    answer.once('close', () => reject(new Error('The answer broke off')));
  });
  const silence = async (): Promise<'silent'> => {
    for (;;) {
      const leftMs = (silenceMs ?? 0) - (systemClock.monotonicMs() - lastMs);
      if (leftMs <= 0) return 'silent';
      await systemClock.wait(leftMs, over.signal);
      if (over.signal.aborted) return 'silent';
    }
  };
  try {
    return await (silenceMs === undefined ? reading : Promise.race([reading, silence()]));
  } finally {
    over.abort();
  }
}

function linkFault(kind: LinkFault['kind'], cause?: unknown): LinkFault {
  return fault(kind, messages[kind], nextOf[kind] ?? 'It is tried again by itself', 'later', cause);
}

/** Why no connection came about: what stands on the way is named, and nothing was sent to it. */
function connectFault(cause: unknown): LinkFault {
  if (cause instanceof WrongPin) return linkFault('link/wrong-pin');
  const code = errorCode(cause) ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return linkFault('link/no-name', cause);
  const isTls = code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS');
  return linkFault(isTls ? 'link/not-tls' : 'link/down', cause);
}

const messages: Readonly<Record<LinkFault['kind'], string>> = {
  'link/down': 'Cannot reach the relay',
  'link/no-name': 'Cannot find the relay: its name has no address',
  'link/not-tls': 'Cannot trust what answers in the place of the relay: it does not speak TLS 1.3',
  'link/wrong-pin': 'Cannot trust the relay: its key is not the one in the key list',
  'link/timeout': 'Cannot finish a request: the relay did not answer in time',
  'link/reset': 'Cannot finish a request: its connection was reset after a cut',
  'link/closed': 'The connection was given up',
  'link/not-http': 'Cannot understand the relay: its answer is too long',
};

const nextOf: Partial<Record<LinkFault['kind'], string>> = {
  'link/no-name': 'Check the network of this machine: it finds no name server, or a wrong one',
  'link/not-tls': 'Nothing was sent; look for a log-in page or a proxy of the network on the way',
  'link/wrong-pin': 'Nothing was sent; call the center, and look for a proxy on the way',
};
