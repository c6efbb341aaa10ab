import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BadLink } from './bad-link.ts';

/** What the far kernel had acknowledged on one connection, at one look. */
export interface Acknowledged {
  readonly atMs: number;
  /** The near end of the connection. */
  readonly connection: string;
  readonly bytes: number;
}

export interface SocketWatch {
  readonly seen: readonly Acknowledged[];
  stop(): void;
}

/** Looks at all connections of the box to the far end, some twenty times a second. */
export function watchSockets(link: BadLink): SocketWatch {
  const look = `while :; do ss -tinHO dst ${link.centerAddress}; sleep 0.04; done`;
  const { command, args } = link.at('box', { command: 'sh', args: ['-c', look] });
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.once('error', () => undefined);
  const seen: Acknowledged[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const found = parseSocket(line);
    if (found) seen.push({ ...found, atMs: performance.now() });
  });
  return { seen, stop: () => void child.kill() };
}

/** One line of `ss -tinHO`: state, queues, near end, far end, figures. */
export function parseSocket(line: string): Omit<Acknowledged, 'atMs'> | undefined {
  const connection = line.trim().split(/\s+/)[3];
  const bytes = /\bbytes_acked:(\d+)/.exec(line)?.[1];
  return connection && bytes ? { connection, bytes: Number(bytes) } : undefined;
}

/** More than a handshake, and more than a request without a body. */
const leastBytes = 4_096;
const quietMs = 2_000;

/**
 * When the first bytes that were sent after `startedMs` were acknowledged, by the connections that had been quiet
 * before; undefined when none of those was used.
 */
export function firstAcknowledgedMs(
  seen: readonly Acknowledged[],
  startedMs: number,
): number | undefined {
  const lastBefore = new Map<string, number>();
  const earliest = new Map<string, number>();
  for (const { connection, bytes, atMs } of seen) {
    if (atMs > startedMs) continue;
    lastBefore.set(connection, bytes);
    if (atMs >= startedMs - quietMs && !earliest.has(connection)) earliest.set(connection, bytes);
  }
  return seen.find(({ connection, bytes, atMs }) => {
    const before = lastBefore.get(connection) ?? 0;
    const grown = before - (earliest.get(connection) ?? before);
    return atMs > startedMs && grown < leastBytes && bytes - before >= leastBytes;
  })?.atMs;
}
