import { readFile, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Machine } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';

/** Commands that setup calls, and the Debian packages that have them. */
const neededCommands: readonly (readonly [string, string])[] = [
  ['/usr/bin/systemd-sysusers', 'systemd'],
  ['/usr/bin/systemd-analyze', 'systemd'],
  ['/usr/sbin/nft', 'nftables'],
  ['/usr/bin/setpriv', 'util-linux'],
];

/** The machine as it is, all but keys, pairing and what the box's data say. `root` is `/` or a folder. */
export async function readMachine(
  root: string,
  software: { readonly node: string; readonly checkout: string },
  env: Readonly<Record<string, string | undefined>>,
): Promise<Omit<Machine, 'keys' | 'acceptedDevices'>> {
  const missing = await Promise.all(
    neededCommands.map(async ([path, name]) => ((await isThere(path)) ? [] : [name])),
  );
  return {
    root,
    isRoot: userInfo().uid === 0,
    debianVersion: debianOf(await textOf('/etc/os-release')),
    hasSystemd: await isThere('/run/systemd/system'),
    missingPackages: [...new Set(missing.flat())],
    ...software,
    checkoutFault: await checkoutFault(software),
    users: idsIn(await textOf(below(root, '/etc/passwd'))),
    groups: idsIn(await textOf(below(root, '/etc/group'))),
    isOverSsh: env['SSH_CONNECTION'] !== undefined,
  };
}

/** The version of Debian in os-release(5); undefined for any other system. */
function debianOf(text: string): number | undefined {
  const fields = new Map(
    text.split('\n').map((line) => {
      const [key = '', ...rest] = line.split('=');
      return [key, rest.join('=').replace(/^"|"$/g, '')];
    }),
  );
  const version = Number(fields.get('VERSION_ID'));
  return fields.get('ID') === 'debian' && Number.isInteger(version) ? version : undefined;
}

/** Names and ids of passwd(5) or group(5). */
function idsIn(text: string): ReadonlyMap<string, number> {
  const entries = text.split('\n').flatMap((line): readonly (readonly [string, number])[] => {
    const [name, , id] = line.split(':');
    return name && id && /^\d+$/.test(id) ? [[name, Number(id)]] : [];
  });
  return new Map(entries);
}

/** Services must be able to read what they run, and nobody but root may change it. */
export async function checkoutFault(software: {
  readonly node: string;
  readonly checkout: string;
}): Promise<string | undefined> {
  for (const start of [software.node, join(software.checkout, 'provisioning/outpost.ts')]) {
    for (let path = await realpath(start); path !== '/'; path = dirname(path)) {
      if (/^\/(home|root|tmp|run)$/.test(path))
        return `The checkout is in ${path}, which services do not see.`;
      const found = await stat(path);
      const { mode, uid } = found;
      const needed = found.isDirectory() ? 0o005 : 0o004;
      if ((mode & needed) !== needed) return `Services cannot read ${path}.`;
      if (uid !== 0 || (mode & 0o022) !== 0) return `${path} can be changed by others than root.`;
    }
  }
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
