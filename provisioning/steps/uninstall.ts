import { lstat, rm } from 'node:fs/promises';
import type { Answers } from '../plan/answers.ts';
import { removablePaths, unitNames } from '../plan/desired.ts';
import type { Machine } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import type { Run } from '../ports.ts';

/** Stops and removes the services, the firewall and the command; answers with the paths that it removed. */
export async function uninstall(
  answers: Answers,
  machine: Machine,
  run: Run,
): Promise<readonly string[]> {
  const isLive = machine.root === '/' && machine.hasSystemd;
  // The firewall goes last: it stands before the programs as long as they run.
  if (isLive) await run(['systemctl', 'stop', ...[...unitNames(answers)].reverse()]);
  const removed: string[] = [];
  for (const path of removablePaths(answers)) {
    const place = below(machine.root, path);
    const isThere = await lstat(place).then(
      () => true,
      () => false,
    );
    if (isThere) removed.push(path);
    await rm(place, { force: true });
    await rm(`${place}.old`, { force: true });
  }
  if (isLive) await run(['systemctl', 'daemon-reload']);
  return removed;
}
