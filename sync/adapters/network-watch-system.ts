import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { systemClock } from './clock-system.ts';

const everyMs = 2_000;

/**
 * Calls `onChange` within about two seconds after an address, a carrier or a default route of this machine came or
 * went, until `signal`. A machine that tells nothing of these never changes.
 */
export async function watchNetwork(
  onChange: () => void,
  signal: AbortSignal,
  {
    look = lookAtNetwork,
    clock = systemClock,
  }: { look?: () => Promise<string>; clock?: Clock } = {},
): Promise<void> {
  let known = await look();
  while (!signal.aborted) {
    await clock.wait(everyMs, signal);
    const now = await look();
    if (now !== known && !signal.aborted) onChange();
    known = now;
  }
}

/** One text for the state of all ways out: the same as long as none of them changes. */
export async function lookAtNetwork(): Promise<string> {
  return JSON.stringify([addresses(), await carriers(), await routes()]);
}

function addresses(): readonly string[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, all]) =>
      (all ?? []).filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
    );
  } catch {
    return [];
  }
}

async function carriers(): Promise<readonly string[]> {
  const root = '/sys/class/net';
  const names = await readdir(root).catch(() => []);
  const states = names.sort().map((name) => textOf(join(root, name, 'operstate')));
  return (await Promise.all(states)).map((state, index) => `${names[index]} ${state.trim()}`);
}

/** Interface, target, gateway, flags and mask; the counters between them change without meaning. */
async function routes(): Promise<readonly string[]> {
  const [, ...lines] = (await textOf('/proc/net/route')).trim().split('\n');
  return lines.map((line) => {
    const [name, target, gateway, flags, , , , mask] = line.split('\t');
    return [name, target, gateway, flags, mask].join(' ');
  });
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
