import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Reading and writing a few small files takes milliseconds; whoever holds them for so long hangs. */
const patienceMs = 30_000;
const roundMs = 50;

/**
 * Does `work` while no other process of this machine does such work on `path`: a command reads a record, steps it and
 * writes it, and the program of the party does the same. The lock is a name that the kernel frees with its process,
 * however that ends; it is none for other paths, also below this one, and must not be taken twice at once. Throws when
 * another holds it for half a minute. Where there are no such names (not Linux) nothing is locked.
 */
export async function withProcessLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const place = await realpath(path).catch(() => path);
  const release = await take(createHash('sha256').update(place).digest('hex').slice(0, 32));
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(name: string): Promise<() => Promise<void>> {
  if (platform() !== 'linux') return async () => {};
  for (let waitedMs = 0; ; waitedMs += roundMs) {
    const release = await listen(`\0outpost-pairing-${name}`);
    if (release) return release;
    if (waitedMs >= patienceMs) {
      throw new Error('Cannot change pairing records or counters: another process holds them');
    }
    await pause(roundMs);
  }
}

/** Undefined while the name is taken. */
function listen(path: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (cause: NodeJS.ErrnoException) =>
      cause.code === 'EADDRINUSE' ? resolve(undefined) : reject(cause),
    );
    server.listen(path, () =>
      resolve(() => new Promise<void>((closed) => server.close(() => closed()))),
    );
  });
}
