import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createConnection } from 'node:net';
import { getRequestListener } from '@hono/node-server';

export interface UnixServer {
  close(): Promise<void>;
}

/**
 * Serves `fetch` on the Unix socket `path`, mode 0660: whoever is in the socket's group may ask. A socket that a kill
 * left behind is replaced; one that answers belongs to a running program, and the call rejects.
 */
export async function listenUnix(
  fetch: (request: Request) => Response | Promise<Response>,
  path: string,
): Promise<UnixServer> {
  if (await isAnswered(path))
    throw new Error(`Cannot listen on "${path}": a program answers there`);
  await rm(path, { force: true });
  const server = createServer(getRequestListener(fetch));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o660);
  return { close: () => close(server) };
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
