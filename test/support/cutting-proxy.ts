import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from '#sync/core/random.ts';

/** A TCP way to a port that breaks: each connection dies after a number of bytes that `random` picks. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections that were cut so far. */
  cuts(): number;
  /** Bytes that crossed in both directions. */
  bytes(): number;
  /** Reads that carried them. */
  pieces(): number;
  /** Stops cutting; what is open stays. */
  heal(): void;
  close(): Promise<void>;
}

/** Cuts each connection after `minBytes` to `maxBytes`, counted over both directions. */
export async function openCuttingProxy(
  targetPort: number,
  random: Random,
  { minBytes, maxBytes }: { readonly minBytes: number; readonly maxBytes: number },
): Promise<CuttingProxy> {
  let cuts = 0;
  let crossed = 0;
  let pieces = 0;
  let isHealed = false;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let left = isHealed
      ? Number.POSITIVE_INFINITY
      : minBytes + Math.floor(random.fraction() * (maxBytes - minBytes));
    const cut = (): void => {
      if (client.destroyed && target.destroyed) return;
      client.resetAndDestroy();
      target.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(from);
      from.on('data', (data: Buffer) => {
        const passed = data.subarray(0, isHealed ? data.length : Math.max(0, left));
        left -= passed.length;
        crossed += passed.length;
        pieces++;
        to.write(passed);
        if (passed.length < data.length) {
          cuts++;
          cut();
        }
      });
      from.on('error', cut);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    bytes: () => crossed,
    pieces: () => pieces,
    heal: () => {
      isHealed = true;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
