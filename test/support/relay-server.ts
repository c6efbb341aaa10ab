import { createSelfSigned, type SelfSigned } from '#sync/adapters/certificate-x509.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { listenHttps } from '#sync/adapters/https-server.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { base64url, hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import { silentLog } from '#sync/core/log.ts';
import { createRelayApp } from '#sync/relay/app.ts';
import type { PackStore, RelayIndex } from '#sync/relay/ports.ts';
import { createRelay } from '#sync/relay/relay.ts';
import type { Peer } from '#sync/wire/peer.ts';
import { createMemoryIndex, createMemoryPackStore } from './relay-memory.ts';
import { type TestCenter, type TestParty, testReceiptKey } from './relay-world.ts';

export type Fetch = (request: Request) => Response | Promise<Response>;

/** A relay on loopback with TLS, its rows and files in memory. */
export interface RelayServer {
  readonly port: number;
  readonly store: PackStore;
  readonly index: RelayIndex;
  readonly tls: SelfSigned;
  /** The peer file of a party, by way of `port` when it is another one. */
  peerOf(party: TestParty, port?: number): Peer;
  close(): Promise<void>;
}

export async function startRelay(
  center: TestCenter,
  options: {
    readonly tls?: SelfSigned;
    readonly port?: number;
    readonly store?: PackStore;
    readonly index?: RelayIndex;
    /** The machine's unless given. */
    readonly clock?: Clock;
    /** Stands between the socket and the relay. */
    readonly around?: (request: Request, inner: Fetch) => Response | Promise<Response>;
  } = {},
): Promise<RelayServer> {
  const tls = options.tls ?? (await createSelfSigned({ commonName: 'relay-1' }));
  const store = options.store ?? createMemoryPackStore();
  const index = options.index ?? createMemoryIndex();
  const { clock = systemClock } = options;
  const ports = { store, index, clock, random: systemRandom, log: silentLog };
  const relay = await createRelay(ports, {
    relayId: 'relay-1',
    roots: [hex(center.root.publicKey)],
    spkiSha256: tls.spkiSha256,
    receiptKey: testReceiptKey,
    reserveBytes: 0,
  });
  const stop = new AbortController();
  const app = createRelayApp({ ...ports, relay, stop: stop.signal, onBroken: () => undefined });
  const inner: Fetch = (request) => app.fetch(request);
  const { around = (request, next) => next(request) } = options;
  const server = await listenHttps((request) => around(request, inner), {
    host: '127.0.0.1',
    port: options.port ?? 0,
    certificatePem: tls.certificatePem,
    keyPem: tls.keyPem,
  });
  return {
    port: server.port,
    store,
    index,
    tls,
    peerOf: ({ handle, mailbox }, port = server.port) => ({
      format: 1,
      handle,
      ownMailbox: mailbox,
      relays: [
        { id: 'relay-1', urls: [`https://127.0.0.1:${port}`], spki: base64url(tls.spkiSha256) },
      ],
    }),
    close: async () => {
      stop.abort();
      await server.close();
    },
  };
}
