import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type {
  Endpoint,
  Link,
  LinkAnswer,
  LinkFault,
  LinkHead,
  LinkRequest,
} from '../agent/ports.ts';
import { base64url } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { createGatherer } from '../core/gatherer.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { spkiSha256Of } from './certificate-x509.ts';
import { systemClock } from './clock-system.ts';

/** Uploads, fetches, the waiting mailbox request and one for the rest. */
const connections = 12;

/**
 * Connections to one relay: HTTP/1.1 over TLS 1.3, kept alive. The one check of a peer is its pin, made after the
 * handshake and before a byte is sent; names, dates and authorities decide nothing. A request that is given up has
 * its TCP socket reset, so that nothing of it stays in the kernel and competes (sync design, STAT).
 */
export function connectPinned(endpoint: Endpoint): Link {
  const sockets = createSockets(endpoint);
  let isClosed = false;
  return {
    async request(request) {
      // A kept connection may have died unseen: the relay never saw that request, so a fresh one takes it.
      for (let tries = 0; ; tries++) {
        if (isClosed) return fail(linkFault('link/closed'));
        const outcome = await exchange(sockets, endpoint, request);
        if (outcome !== 'stale' || tries > connections) {
          return outcome === 'stale' ? fail(linkFault('link/down')) : outcome;
        }
      }
    },
    close() {
      isClosed = true;
      sockets.resetAll();
    },
  };
}

interface Sockets {
  readonly agent: Agent;
  reset(socket: Duplex | null): void;
  resetAll(): void;
}

function createSockets({ url, spki }: Endpoint): Sockets {
  const { hostname, port } = new URL(url);
  const raws = new Map<Duplex, Socket>();
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxCachedSessions: 0 });
  agent.createConnection = (_options, callback = () => undefined) => {
    // TLS over a socket of our own: only the raw one can be reset.
    const raw = connectTcp({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) });
    raw.setNoDelay(true);
    const socket = connectTls({
      socket: raw,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    });
    raws.set(socket, raw);
    socket.once('close', () => raws.delete(socket));
    const onError = (cause: Error): void => callback(cause, socket);
    raw.on('error', (cause) => socket.destroy(cause));
    socket.once('error', onError);
    // The raw socket and TLS may both report one broken connection; the second report must not end the process.
    socket.on('error', () => undefined);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined || base64url(spkiSha256Of(certificate)) !== spki) {
        socket.destroy(new WrongPin());
        return;
      }
      socket.off('error', onError);
      callback(null, socket);
    });
    return undefined;
  };
  // In a turn of its own: with the raw handle gone, Node frees the TLS state at once, and inside a read callback
  // of the same socket that state is still in use (a segmentation fault of Node 24).
  const reset = (socket: Duplex | null): void => {
    const raw = socket === null ? undefined : raws.get(socket);
    if (raw === undefined) return;
    setImmediate(() => {
      raw.resetAndDestroy();
      socket?.destroy();
    });
  };
  return {
    agent,
    reset,
    resetAll() {
      for (const socket of [...raws.keys()]) reset(socket);
      setImmediate(() => agent.destroy());
    },
  };
}

class WrongPin extends Error {}

/** `stale` = a kept connection broke before any answer; the request may be made again at once. */
async function exchange(
  sockets: Sockets,
  { url }: Endpoint,
  request: LinkRequest,
): Promise<Result<LinkAnswer, LinkFault> | 'stale'> {
  const { method, path, headers, body, deadlineMs, signal } = request;
  const deadline = AbortSignal.timeout(Math.ceil(deadlineMs));
  const stop = AbortSignal.any([signal, deadline]);
  if (stop.aborted) return fail(linkFault('link/closed'));
  const sent = httpsRequest(new URL(path, url), {
    method,
    agent: sockets.agent,
    headers: { ...headers, 'content-length': String(body?.length ?? 0) },
  });
  let socket: Duplex | null = null;
  sent.once('socket', (given) => {
    socket = given;
  });
  const giveUp = (): void => {
    sockets.reset(socket);
    // After the reset, else the request would close the socket politely first.
    setImmediate(() => sent.destroy(new Error('given up')));
  };
  stop.addEventListener('abort', giveUp, { once: true });
  let isAnswered = false;
  try {
    const answer = await answerOf(sent, body);
    isAnswered = true;
    const head = headOf(answer);
    const bytes = await readAnswer(answer, head, request);
    if (bytes === 'too-long' || bytes === 'silent') {
      giveUp();
      return fail(linkFault(bytes === 'silent' ? 'link/timeout' : 'link/not-http'));
    }
    return ok({ ...head, body: bytes });
  } catch (cause) {
    if (deadline.aborted) return fail(linkFault('link/timeout'));
    if (signal.aborted) return fail(linkFault('link/closed'));
    if (sent.reusedSocket && !isAnswered) return 'stale';
    return fail(linkFault(cause instanceof WrongPin ? 'link/wrong-pin' : 'link/down', cause));
  } finally {
    stop.removeEventListener('abort', giveUp);
  }
}

function answerOf(sent: ClientRequest, body: Uint8Array | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Stays on for good: a socket may fail once more after the first time.
    sent.on('error', reject);
    sent.end(body);
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
  const reading = async (): Promise<Uint8Array | 'too-long'> => {
    for await (const piece of answer as AsyncIterable<Uint8Array>) {
      lastMs = systemClock.monotonicMs();
      sizeBytes += piece.length;
      if (sizeBytes > answerSizeBytes) return 'too-long';
      take(piece);
    }
    return pieces.take();
  };
  const silence = async (): Promise<'silent'> => {
    for (;;) {
      const leftMs = (silenceMs ?? 0) - (systemClock.monotonicMs() - lastMs);
      if (leftMs <= 0) return 'silent';
      await systemClock.wait(leftMs, over.signal);
      if (over.signal.aborted) return 'silent';
    }
  };
  try {
    return await (silenceMs === undefined ? reading() : Promise.race([reading(), silence()]));
  } finally {
    over.abort();
  }
}

function linkFault(kind: LinkFault['kind'], cause?: unknown): LinkFault {
  return fault(kind, messages[kind], nextOf[kind] ?? 'It is tried again by itself', 'later', cause);
}

const messages: Readonly<Record<LinkFault['kind'], string>> = {
  'link/down': 'Cannot reach the relay',
  'link/wrong-pin': 'Cannot trust the relay: its key is not the one in the key list',
  'link/timeout': 'Cannot finish a request: the relay did not answer in time',
  'link/closed': 'The connection was given up',
  'link/not-http': 'Cannot understand the relay: its answer is too long',
};

const nextOf: Partial<Record<LinkFault['kind'], string>> = {
  'link/wrong-pin': 'Nothing was sent; call the center, and look for a proxy on the way',
};
