import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** The folder is this process's alone until `release`. */
export interface FolderOwner {
  release(): Promise<void>;
}

/**
 * Owns the data folder `dir` for this process by a socket in it, which ends with the process however that dies; a
 * second process is refused. Processes that agree on another `name` exclude only one another. A folder where no socket
 * can be made (its disk cannot be written) is nobody's.
 */
export async function ownFolder(
  dir: string,
  name = 'owner.sock',
): Promise<Result<FolderOwner, Fault>> {
  const path = join(dir, name);
  const holder = await askHolder(path);
  if (holder !== undefined) {
    return fail(
      fault(
        'folder/busy',
        `Cannot start with the data in "${dir}": process ${holder} works there`,
        'Stop the other process, or give this one a folder of its own',
      ),
    );
  }
  await rm(path, { force: true }).catch(() => undefined);
  const server = createServer((socket) => socket.end(`${process.pid}`));
  const isMade = await listen(server, path);
  return ok({
    release: () =>
      isMade ? new Promise((resolve) => server.close(() => resolve())) : Promise.resolve(),
  });
}

/** What the process that listens there says, or undefined when none does. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const socket = createConnection(path);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    let isThere = false;
    socket.once('connect', () => {
      isThere = true;
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(isThere ? said.slice(0, 10) : undefined));
  });
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => resolve(true));
    server.unref();
  });
}
