import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { systemClock } from './clock-system.ts';

/** Answers one request of the peer at `address`. */
export type Fetch = (
  request: Request,
  peer: { readonly address: string },
) => Response | Promise<Response>;

/** What connections may cost; all have defaults. */
export interface ServerLimits {
  readonly connections: number;
  /** From one address, before TLS; behind a proxy everybody has the proxy's. */
  readonly connectionsPerAddress: number;
  readonly headersTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly lookEveryMs: number;
}

export interface HttpsServer {
  readonly port: number;
  /** Lets running requests end for a moment, then cuts what is left. */
  close(): Promise<void>;
}

/** Requests that do not come to their end by then are cut; senders ask for at most ten seconds of data at a time. */
const requestTimeoutMs = 180_000;
const headersTimeoutMs = 20_000;
const handshakeTimeoutMs = 20_000;
/** The two above are looked at this often; the default would let a slow head live for twice as long. */
const lookEveryMs = 5_000;

/** Neither a byte came nor one left for this long: the peer is gone, or reads nothing. Waiting requests end before. */
const silenceMs = 150_000;

/** Ours have a dozen short headers. */
const headersSizeBytes = 8 * 1024;
const headersAtMost = 64;

/** Warm connections of agents are pinged every 25 s at the latest; a satellite makes that late. */
const keepAliveMs = 90_000;

/** How long a stop waits for requests under way. */
const graceMs = 2_000;

const usualLimits: ServerLimits = {
  connections: 4_096,
  connectionsPerAddress: 256,
  ...{ headersTimeoutMs, handshakeTimeoutMs, lookEveryMs },
};

/**
 * Serves `fetch` over TLS 1.3 and HTTP/1.1. Rejects when the address cannot be had. HTTP/2 is off on purpose: one
 * lost packet would hold up every stream (sync design, connections).
 */
export async function listenHttps(
  fetch: Fetch,
  options: {
    readonly host: string;
    readonly port: number;
    readonly certificatePem: string;
    readonly keyPem: string;
    readonly limits?: Partial<ServerLimits>;
  },
): Promise<HttpsServer> {
  const limits = { ...usualLimits, ...options.limits };
  const server = createServer(
    {
      cert: options.certificatePem,
      key: options.keyPem,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      requestTimeout: requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      handshakeTimeout: limits.handshakeTimeoutMs,
      connectionsCheckingInterval: limits.lookEveryMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: headersSizeBytes,
    },
    getRequestListener(
      (request, { incoming }) => fetch(request, { address: incoming.socket.remoteAddress ?? '' }),
      { overrideGlobalObjects: false },
    ),
  );
  server.maxHeadersCount = headersAtMost;
  server.maxConnections = limits.connections;
  server.timeout = silenceMs;
  limitAddresses(server, limits.connectionsPerAddress);
  // A peer that speaks no TLS, or goes away in the middle, is an everyday thing.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return { port, close: () => closeServer(server) };
}

/** Cuts a connection from an address that has too many before a byte of it is read: TLS costs more than HTTP. */
function limitAddresses(server: Server, atMost: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > atMost) return void socket.destroy();
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    return undefined;
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const isClosed = new AbortController();
  void closed.then(() => isClosed.abort());
  await systemClock.wait(graceMs, isClosed.signal);
  server.closeAllConnections();
  await closed;
}
