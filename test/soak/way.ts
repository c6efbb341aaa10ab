import { connect, createServer, type Socket } from 'node:net';

export type CutKind = 'reset' | 'silent';

/** A TCP way to a relay that can be cut; several cuts may overlap, and the way is open when the last one ends. */
export interface Way {
  cut(how: CutKind): void;
  restore(how: CutKind): void;
  close(): Promise<void>;
}

/** Listens on loopback `port` towards `targetPort`; what it carries is TLS from end to end. */
export async function openWay(port: number, targetPort: number): Promise<Way> {
  const cuts = { reset: 0, silent: 0 };
  const sockets = new Set<Socket>();

  const couple = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (cuts.silent === 0) from.resume();
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
    if (cuts.silent > 0) from.pause();
  };
  const server = createServer((client) => {
    if (cuts.reset > 0) {
      client.resetAndDestroy();
      return;
    }
    const relay = connect(targetPort, '127.0.0.1');
    couple(client, relay);
    couple(relay, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    cut(how) {
      cuts[how] += 1;
      if (how === 'reset') for (const socket of sockets) socket.resetAndDestroy();
      else for (const socket of sockets) socket.pause();
    },
    restore(how) {
      cuts[how] -= 1;
      if (cuts.silent === 0) for (const socket of sockets) socket.resume();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
