import { createWriteStream, type WriteStream } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The demo's link: a TCP proxy that counts and records what crosses, and can be cut. */
export interface LinkProxy {
  readonly port: number;
  /** Bytes from the two agents to the relay, and back, on the TCP stream (TLS included). */
  readonly bytes: { up: number; down: number };
  /** Breaks every connection with a reset and refuses new ones until `restore`. */
  cut(): void;
  restore(): void;
  /** Resolves when all that crossed so far is in the record file. */
  recorded(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the proxy on loopback port `port` towards `targetPort`. Every byte of either direction is also appended to
 * `recordPath`, connection by connection interleaved, for the plaintext scan.
 */
export async function openLinkProxy(
  port: number,
  targetPort: number,
  recordPath: string,
): Promise<LinkProxy> {
  const record = createWriteStream(recordPath);
  const bytes = { up: 0, down: 0 };
  const sockets = new Set<Socket>();
  let isCut = false;

  const server = createServer((client) => {
    if (isCut) {
      client.resetAndDestroy();
      return;
    }
    const relay = connect(targetPort, '127.0.0.1');
    couple(client, relay, record, (count) => {
      bytes.up += count;
    });
    couple(relay, client, record, (count) => {
      bytes.down += count;
    });
    for (const socket of [client, relay]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  await listen(server, port);
  return {
    port,
    bytes,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    restore: () => {
      isCut = false;
    },
    recorded: () => written(record),
    close: async () => {
      await written(record);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      record.end();
    },
  };
}

function written(record: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    record.write('', (error) => (error ? reject(error) : resolve()));
  });
}

function couple(
  from: Socket,
  to: Socket,
  record: WriteStream,
  count: (bytes: number) => void,
): void {
  from.on('data', (data) => {
    count(data.length);
    record.write(data);
    if (!to.write(data)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
