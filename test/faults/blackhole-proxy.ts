import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A TCP way to a port like one over a modem or an address translator: what it forgets is never answered again, and
 * never reset either.
 */
export interface BlackholeProxy {
  readonly port: number;
  /** Connections that stand now. */
  standing(): number;
  /** Connections that stand now are swallowed from here on; new ones pass. Answers how many. */
  forget(): number;
  /** Nothing passes any more, or all does that has not been forgotten; what came meanwhile is lost. */
  setDark(isDark: boolean): void;
  /** Bytes of senders that were swallowed, and how many forgotten connections these have given up. */
  swallowedBytes(): number;
  givenUp(): number;
  close(): Promise<void>;
}

export async function openBlackholeProxy(targetPort: number): Promise<BlackholeProxy> {
  const open = new Map<Socket, { isForgotten: boolean; readonly target: Socket }>();
  let isDark = false;
  let swallowed = 0;
  let givenUp = 0;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const way = { isForgotten: isDark, target };
    open.set(client, way);
    const isGone = (): boolean => {
      // Bytes into the void are missing in the stream for good: TLS could not go on.
      if (isDark) way.isForgotten = true;
      return way.isForgotten;
    };
    client.on('data', (data: Buffer) => {
      if (isGone()) swallowed += data.length;
      else target.write(data);
    });
    target.on('data', (data: Buffer) => {
      if (!isGone()) client.write(data);
    });
    client.on('error', () => undefined);
    target.on('error', () => undefined);
    client.on('close', () => {
      open.delete(client);
      if (way.isForgotten) givenUp++;
      target.destroy();
    });
    // An end of the relay is lost on the way as well.
    target.on('close', () => isGone() || client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    standing: () => open.size,
    forget() {
      for (const way of open.values()) way.isForgotten = true;
      return open.size;
    },
    setDark(next) {
      isDark = next;
    },
    swallowedBytes: () => swallowed,
    givenUp: () => givenUp,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const [client, { target }] of open) {
        client.destroy();
        target.destroy();
      }
      await closed;
    },
  };
}
