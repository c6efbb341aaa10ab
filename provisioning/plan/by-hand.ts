import { below } from './paths.ts';
import { commandOf, type Unit, valuesOf } from './unit.ts';

/** A user by numbers, as setpriv(1) takes them. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** What a unit's folders are seen as: where on this machine, where in its view, and whether it may write. */
interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isWritable: boolean;
}

/**
 * The command that starts a unit's ExecStart by hand, as close to its zone as it goes without systemd: its user, no
 * capability, a file system that is read-only but for the folders the unit binds, and nothing else of `/var`, `/run`,
 * `/home`, `/tmp`. Needs root. `root` is where the installation is.
 */
export function byHandCommand(unit: Unit, identity: Identity, root: string): readonly string[] {
  const script = [
    'set -eu',
    'new=$(mktemp -d)',
    'mount -t tmpfs -o mode=0755 outpost "$new"',
    // Everything of the system but what is installed or changes; links such as /bin are copied.
    'for path in /*; do name=$(basename "$path")',
    '  case $name in etc|var|run|home|root|tmp|media|mnt|proc|dev|sys|lost+found) continue;; esac',
    '  if [ -L "$path" ]; then cp -P "$path" "$new/$name"',
    '  elif [ -d "$path" ]; then mkdir "$new/$name"; mount --bind "$path" "$new/$name"',
    '    mount -o remount,bind,ro "$new/$name"; fi',
    'done',
    'mkdir "$new/proc" "$new/dev" "$new/tmp" "$new/var" "$new/run" "$new/etc"',
    'mount --bind /proc "$new/proc"; mount --bind /dev "$new/dev"; chmod 1777 "$new/tmp"',
    `mount --bind ${below(root, '/etc')} "$new/etc"; mount -o remount,bind,ro "$new/etc"`,
    ...mountsOf(unit, root).flatMap(({ source, target, isWritable }) => [
      `mkdir -p "$new${target}"; mount --bind ${source} "$new${target}"`,
      ...(isWritable ? [] : [`mount -o remount,bind,ro "$new${target}"`]),
    ]),
    'mount -o remount,ro "$new"',
    `umask ${valuesOf(unit, 'UMask')[0] ?? '0022'}`,
    `exec chroot "$new" ${[...asUser(identity), ...commandOf(unit)].join(' ')}`,
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script];
}

/** The words that run a command as `identity` without any capability (setpriv(1)). */
export function asUser({ uid, gid, groups }: Identity): readonly string[] {
  return [
    ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`],
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'],
  ];
}

function mountsOf(unit: Unit, root: string): readonly Mount[] {
  const folders = (key: string, isWritable: boolean): readonly Mount[] =>
    valuesOf(unit, key)
      .flatMap((value) => value.split(' '))
      .filter((path) => path.startsWith('/') && !path.includes(':'))
      .map((path) => ({ source: below(root, path), target: path, isWritable }));
  return [...folders('BindPaths', true), ...folders('BindReadOnlyPaths', false)];
}
