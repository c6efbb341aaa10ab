import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import type { Ran, Run } from '../ports.ts';

/**
 * Runs one `outpost` command of a plan. Below a root that is not `/` the command gets copies of the configs whose
 * `dataDir` is below that root too: keys and pairing read nothing else of them.
 */
export async function runOutpostCommand(
  args: readonly string[],
  machine: Machine,
  run: Run,
): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-setup-'));
  try {
    const words: string[] = [];
    for (const [index, arg] of args.entries()) {
      words.push(await placed(arg, machine.root, join(folder, `${index}.json`)));
    }
    const outpost = join(machine.checkout, 'provisioning/outpost.ts');
    return await run([machine.node, outpost, ...words]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function placed(arg: string, root: string, copyPath: string): Promise<string> {
  if (arg.startsWith('@path:')) return below(root, arg.slice('@path:'.length));
  if (!arg.startsWith('@config:')) return arg;
  const name = arg.slice('@config:'.length);
  if (root === '/') return name;
  const config = JSON.parse(await readFile(below(root, name), 'utf8')) as {
    readonly dataDir: string;
  };
  await writeFile(copyPath, JSON.stringify({ dataDir: below(root, config.dataDir) }), {
    mode: 0o600,
  });
  return copyPath;
}
