import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Found, FoundService, Machine, Observed } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import type { Ids } from '../plan/plan.ts';
import type { Resource } from '../plan/resources.ts';
import type { Run } from '../ports.ts';

/** Larger files are not setup's, and are read as empty. */
const largestFileSizeBytes = 1024 * 1024;

/** Looks at everything that `resources` name; follows no link and changes nothing. */
export async function observe(
  resources: readonly Resource[],
  machine: Machine,
  ids: Ids,
  run: Run,
): Promise<Observed> {
  const paths = new Map<string, Found>();
  const strangers = new Map<string, number>();
  const services = new Map<string, FoundService>();
  for (const resource of resources) {
    if (resource.kind === 'folder' || resource.kind === 'file' || resource.kind === 'link') {
      paths.set(resource.path, await foundBelow(machine.root, resource.path));
    } else if (resource.kind === 'tree') {
      const owner = ids(resource.owner);
      strangers.set(resource.path, await countStrangers(below(machine.root, resource.path), owner));
    } else if (resource.kind === 'service') {
      const files = filesOf(resource.unit, resources, machine);
      services.set(resource.unit, await serviceAt(resource.unit, files, run));
    }
  }
  return { paths, strangers, services };
}

/** Below a root of its own no link may lead on the way: it could lead out, to the machine that is not meant. */
async function foundBelow(root: string, path: string): Promise<Found> {
  if (root !== '/') {
    for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) {
      const found = await lstat(below(root, parent)).catch(() => undefined);
      if (found?.isSymbolicLink()) return { kind: 'behind a link', parent };
    }
  }
  return foundAt(below(root, path));
}

async function foundAt(path: string): Promise<Found> {
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'EACCES') return undefined;
    throw cause;
  });
  if (found === undefined) return { kind: 'absent' };
  const { uid, gid, size } = found;
  const mode = found.mode & 0o7777;
  if (found.isSymbolicLink()) return { kind: 'link', target: await readlink(path) };
  if (found.isDirectory()) return { kind: 'folder', mode, uid, gid };
  if (!found.isFile()) return { kind: 'other' };
  const text = size <= largestFileSizeBytes ? await readFile(path, 'utf8').catch(() => '') : '';
  return { kind: 'file', mode, uid, gid, text };
}

async function countStrangers(folder: string, owner: number): Promise<number> {
  let count = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if ((await lstat(path)).uid !== owner) count++;
    if (entry.isDirectory()) count += await countStrangers(path, owner);
  }
  return count;
}

/** A service is stale when a file that it reads at its start is newer than the start. */
async function serviceAt(unit: string, files: readonly string[], run: Run): Promise<FoundService> {
  const shown = await run([
    ...['systemctl', 'show', unit, '--timestamp=unix'],
    '--property=ActiveState,ActiveEnterTimestamp,NeedDaemonReload',
  ]);
  const values = new Map(
    shown.output.split('\n').map((line) => {
      const [key = '', ...rest] = line.split('=');
      return [key, rest.join('=')];
    }),
  );
  const startedAtS = Number(values.get('ActiveEnterTimestamp')?.replace('@', ''));
  const newestS = await newestChange(files);
  return {
    isActive: values.get('ActiveState') === 'active',
    isStale: values.get('NeedDaemonReload') === 'yes' || newestS > startedAtS,
  };
}

/**
 * What a unit reads at its start: its own files, and for a program the checkout. `package.json` stands for that: it has
 * the version, and comes anew with each release.
 */
function filesOf(
  unit: string,
  resources: readonly Resource[],
  { root, checkout }: Machine,
): readonly string[] {
  const name = unit.replace(/^outpost-(.*)\.service$/, '$1');
  const isFirewall = name === 'firewall';
  const own = resources.flatMap((resource) => {
    if (resource.kind !== 'file') return [];
    const isOwn =
      resource.path.endsWith(`/${unit}`) ||
      resource.path === `/etc/outpost/${name}.json` ||
      (isFirewall && resource.path.endsWith('.nft'));
    return isOwn ? [below(root, resource.path)] : [];
  });
  return isFirewall ? own : [...own, join(checkout, 'package.json')];
}

/** The latest change of a file, in seconds. */
async function newestChange(files: readonly string[]): Promise<number> {
  const times = await Promise.all(
    files.map((path) =>
      stat(path).then(
        ({ ctimeMs }) => Math.floor(ctimeMs / 1_000),
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...times);
}
