import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { systemClock } from './clock-system.ts';

export interface HttpsServer {
  readonly port: number;
  /** Lets running requests end for a moment, then cuts what is left. */
  close(): Promise<void>;
}

/** Requests that do not come to their end by then are cut; senders ask for at most ten seconds of data at a time. */
const requestTimeoutMs = 180_000;
const headersTimeoutMs = 20_000;

/** Warm connections of agents are pinged every 25 s at the latest; a satellite makes that late. */
const keepAliveMs = 90_000;

/** How long a stop waits for requests under way. */
const graceMs = 2_000;

/**
 * Serves `fetch` over TLS 1.3 and HTTP/1.1. Rejects when the address cannot be had. HTTP/2 is off on purpose: one
 * lost packet would hold up every stream (sync design, connections).
 */
export async function listenHttps(
  fetch: (request: Request) => Response | Promise<Response>,
  options: {
    readonly host: string;
    readonly port: number;
    readonly certificatePem: string;
    readonly keyPem: string;
  },
): Promise<HttpsServer> {
  const server = createServer(
    {
      cert: options.certificatePem,
      key: options.keyPem,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      keepAliveTimeout: keepAliveMs,
    },
    getRequestListener(fetch, { overrideGlobalObjects: false }),
  );
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

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const isClosed = new AbortController();
  void closed.then(() => isClosed.abort());
  await systemClock.wait(graceMs, isClosed.signal);
  server.closeAllConnections();
  await closed;
}
