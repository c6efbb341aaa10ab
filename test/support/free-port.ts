import { createServer } from 'node:net';
import process from 'node:process';

/**
 * Below the range from which systems draw a port for whoever does not name one (Linux 32768, others 49152): nobody
 * takes one of these while its test has not come to it.
 */
const first = 10_000;
const blocks = 1_400;
const blockSize = 16;

let drawn = 0;

/**
 * A loopback port for what starts later, each one once in this process. Processes that run side by side draw from
 * blocks of their own.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    // Behind the last of its block a process goes on in one far away.
    const block = (process.pid + 331 * Math.floor(drawn / blockSize)) % blocks;
    const port = first + block * blockSize + (drawn % blockSize);
    drawn++;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
