import { readFile } from 'node:fs/promises';

/** Of this process: all that a unit with `ProcSubset=pid` sees. */
const folder = '/proc/self/net';

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/**
 * Bytes that the interface of the default route has carried since it is up, both ways; undefined without such a route
 * or where the system tells nothing. Other programs behind it count too: the reader judges what is plausible.
 */
export async function uplinkBytes(read = textOf): Promise<number | undefined> {
  const name = defaultInterface(await read(`${folder}/route`));
  return name === undefined ? undefined : carriedBytes(await read(`${folder}/dev`), name);
}

/** The interface that leads to 0.0.0.0 (proc(5), `net/route`). */
function defaultInterface(routes: string): string | undefined {
  const rows = routes.split('\n').map((line) => line.split('\t'));
  return rows.find(
    ([, target, , , , , , mask]) => target === '00000000' && mask === '00000000',
  )?.[0];
}

/** The first number behind the name is what came, the ninth what went (proc(5), `net/dev`). */
function carriedBytes(devices: string, name: string): number | undefined {
  const line = devices.split('\n').find((each) => each.trimStart().startsWith(`${name}:`));
  const numbers = line
    ?.slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const sum = Number(numbers?.[0]) + Number(numbers?.[8]);
  return Number.isSafeInteger(sum) ? sum : undefined;
}
