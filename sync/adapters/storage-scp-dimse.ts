import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import type { Log } from '../core/log.ts';
import { isStorageSopClass } from '../dicom/storage-classes.ts';
import { chooseTransferSyntax } from '../dicom/transfer-syntaxes.ts';
import { type AdmittedConnection, createAdmission } from '../dimse/admission.ts';
import { type DimseLimits, defaultDimseLimits } from '../dimse/limits.ts';
import type { StoragePolicy } from '../dimse/negotiate.ts';
import type { DimseService } from '../dimse/service.ts';
import type { Caller, StorageScpPorts } from '../dimse/storage.ts';
import { readIntoOneBuffer } from './socket-one-buffer.ts';
import {
  type SessionContext,
  type StorageSession,
  startStorageSession,
} from './storage-scp-session.ts';

export type {
  Caller,
  StatusFault,
  StorageScpPorts,
  StoreArrival,
  StoreSink,
  StoreStatus,
} from '../dimse/storage.ts';

/** Where the SCP listens. */
export interface ScpDoor {
  /** Address to listen on; `0.0.0.0` or `::` for all. */
  readonly host: string;
  /** 0 = any free port, told by `listen`. */
  readonly port: number;
  /** Key, certificate and the like; absent = no TLS. */
  readonly tls?: TlsOptions;
}

export interface StorageScpConfig extends ScpDoor {
  /** More doors to the same SCP: what they let in is counted together. */
  readonly doors?: readonly ScpDoor[];
  /** The called AE titles that are answered. */
  readonly aeTitles: readonly string[];
  readonly limits?: Partial<DimseLimits>;
  /** SOP classes taken; default: every standard storage class. */
  readonly sopClasses?: readonly string[];
  /** What is taken of a device, in place of `sopClasses`; asked once an association. */
  readonly storagePolicyOf?: (callingAeTitle: string) => StoragePolicy;
  /** What else is given at this door; default: nothing. */
  readonly services?: readonly DimseService[];
}

/** Storage and verification SCP: its own server, a guard on every connection, the library behind the guard. */
export interface StorageScp {
  /**
   * Starts to listen; resolves with the port, and with those of the other doors in their order. Rejects with the
   * system's error when it cannot listen at one of them.
   */
  listen(): Promise<{ readonly port: number; readonly doorPorts: readonly number[] }>;
  /** Takes no more connections, lets the instance in hand be answered, aborts the rest; resolves when all closed. */
  close(): Promise<void>;
}

export function createStorageScp(
  ports: StorageScpPorts,
  config: StorageScpConfig,
  log: Log,
): StorageScp {
  const limits = { ...defaultDimseLimits, ...config.limits };
  const services = config.services ?? [];
  const usual = { isStored: storedClasses(config.sopClasses), chooseTransferSyntax };
  const storagePolicyOf = config.storagePolicyOf ?? (() => usual);
  const served = new Set(services.flatMap(({ sopClassUids }) => sopClassUids));
  const context: SessionContext = {
    ports,
    limits,
    log,
    aeTitles: config.aeTitles,
    services,
    policyOf: (callingAeTitle) => ({
      ...storagePolicyOf(callingAeTitle),
      isServed: (uid) => served.has(uid),
    }),
  };
  const admission = createAdmission(limits);
  const admitted = new Map<string, { socket: Socket; connection: AdmittedConnection }>();
  const sessions = new Map<string, StorageSession>();
  let turnedAway = 0;
  const servers = [config, ...(config.doors ?? [])].map((door) => ({
    door,
    server: serverOf(door),
  }));

  function serverOf({ tls }: ScpDoor): Server {
    const server = tls
      ? createTlsServer({ ...tls, handshakeTimeout: limits.associationTimeoutMs }, serve)
      : createServer({ noDelay: true }, serve);
    // Counted before TLS is spoken; `serve` runs later for a TLS connection, at once for a plain one.
    server.prependListener('connection', count);
    server.on('tlsClientError', () => log.warn('dimse/tls-failed'));
    return server;
  }

  function count(socket: Socket): void {
    const address = addressOf(socket);
    const key = keyOf(socket);
    const connection = admission.connect(address, performance.now());
    if (!connection) {
      turnAway(address);
      socket.destroy();
      return;
    }
    admitted.set(key, { socket, connection });
    socket.on('close', () => {
      connection.leave();
      admitted.delete(key);
    });
  }

  /** One line for a flood, with its size so far. */
  function turnAway(address: string): void {
    turnedAway++;
    if (Math.log2(turnedAway) % 1 === 0) {
      log.warn('dimse/too-many-connections', { address, turnedAway });
    }
  }

  function serve(socket: Socket): void {
    const key = keyOf(socket);
    const connection = admitted.get(key)?.connection;
    if (!connection || socket.destroyed) return;
    const peer = peerOf(socket);
    const reader = readIntoOneBuffer(socket);
    sessions.set(key, startStorageSession(reader, peer, connection, context));
    reader.on('close', () => sessions.delete(key));
  }

  return {
    async listen() {
      try {
        for (const { door, server } of servers) await started(server, door);
      } catch (cause) {
        for (const { server } of servers) server.close();
        throw cause;
      }
      const [port = config.port, ...doorPorts] = servers.map(({ server, door }) => {
        const bound = server.address();
        return typeof bound === 'object' && bound ? bound.port : door.port;
      });
      return { port, doorPorts };
    },
    async close() {
      const closed = servers.map(
        ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      for (const session of sessions.values()) session.stop();
      for (const [key, { socket }] of admitted) if (!sessions.has(key)) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function started(server: Server, { host, port }: ScpDoor): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A failed accept (out of file descriptors) concerns one connection, not the process.
      server.on('error', () => {});
      resolve();
    });
  });
}

function storedClasses(sopClasses: readonly string[] | undefined): (uid: string) => boolean {
  if (!sopClasses) return isStorageSopClass;
  const classes = new Set(sopClasses);
  return (uid) => classes.has(uid);
}

/** The peer's address; IPv4 that came in through an IPv6 socket in its short form. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** Who is at the other end, as far as the connection tells: the certificate is one whose key the peer has. */
function peerOf(socket: Socket): Pick<Caller, 'address' | 'certificateSha256'> {
  const address = addressOf(socket);
  const fingerprint =
    socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
  if (fingerprint === undefined) return { address };
  return { address, certificateSha256: fingerprint.replaceAll(':', '').toLowerCase() };
}

function keyOf(socket: Socket): string {
  return `${addressOf(socket)} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}
