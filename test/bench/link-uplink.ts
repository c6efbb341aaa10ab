import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BadLink } from './bad-link.ts';
import type { Span } from './link-weather.ts';

/** What the box had given to the line in all, at one look. */
export interface Look {
  readonly atMs: number;
  readonly bytes: number;
}

export interface UplinkWatch {
  readonly looks: readonly Look[];
  stop(): void;
}

/** Where the time of a crossing goes that the bytes themselves do not need; seconds. */
export interface LineTimes {
  /** From the start until bytes left in a stream. */
  readonly untilFirstByteS: number;
  /** The line had nothing to carry, between the first and the last byte. */
  readonly lineIdleS: number;
  /** From when the line was through with the last byte. */
  readonly afterLastByteS: number;
}

/** One process that only looks: starting a program each time would disturb what is measured. */
const script = `
import sys, time
with open("/sys/class/net/wan0/statistics/tx_bytes") as counter:
    while True:
        counter.seek(0)
        print(counter.read().strip(), flush=True)
        time.sleep(0.04)
`;

/** Looks at the counter of the box's interface, some twenty times a second. */
export function watchUplink(link: BadLink): UplinkWatch {
  const { command, args } = link.at('box', { command: 'python3', args: ['-c', script] });
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.once('error', () => undefined);
  const looks: Look[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const bytes = Number(line);
    if (Number.isFinite(bytes)) looks.push({ bytes, atMs: performance.now() });
  });
  return { looks, stop: () => void child.kill() };
}

/** What left in that time, as far as looks tell. */
export function bytesWithin(looks: readonly Look[], { fromMs, toMs }: Span): number {
  const until = (ms: number): number => looks.findLast(({ atMs }) => atMs <= ms)?.bytes ?? 0;
  return Math.max(0, until(toMs) - until(Math.max(fromMs, looks[0]?.atMs ?? 0)));
}

/** Less than that is a ping or an acknowledgement, not a stream. */
const streamBytes = 1_000;
/** The last bytes are acknowledgements. */
const restBytes = 3_000;

/** Undefined where nothing left. What waits before the line is carried later: only an empty line is idle. */
export function lineTimesOf(
  looks: readonly Look[],
  startedMs: number,
  endedMs: number,
  lineBytesPerMs: number,
): LineTimes | undefined {
  const own = looks.filter(({ atMs }) => atMs >= startedMs && atMs <= endedMs);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  let before = first;
  let firstMs: number | undefined;
  let lastMs = startedMs;
  let waitingBytes = 0;
  let idleMs = 0;
  for (const look of own.slice(1)) {
    const newBytes = look.bytes - before.bytes;
    if (newBytes > streamBytes) firstMs ??= before.atMs;
    if (firstMs !== undefined) {
      const roomBytes = (look.atMs - before.atMs) * lineBytesPerMs - waitingBytes - newBytes;
      waitingBytes = Math.max(0, -roomBytes);
      if (last.bytes - look.bytes > restBytes) {
        idleMs += Math.max(0, roomBytes) / lineBytesPerMs;
        lastMs = look.atMs + waitingBytes / lineBytesPerMs;
      }
    }
    before = look;
  }
  if (firstMs === undefined) return undefined;
  return {
    untilFirstByteS: (firstMs - startedMs) / 1_000,
    lineIdleS: idleMs / 1_000,
    afterLastByteS: (endedMs - lastMs) / 1_000,
  };
}
