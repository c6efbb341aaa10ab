import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Unit, unitText } from '../plan/unit.ts';
import type { Finding, Run } from '../ports.ts';

/** Highest exposure by systemd-analyze that a unit may have; 10 is a unit without any limit. */
const worstExposure = 2;

/** Lets systemd and nft judge the rendered files without a running systemd; nothing is loaded. */
export async function verifyFiles(
  units: readonly Unit[],
  firewall: string,
  run: Run,
): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-verify-'));
  try {
    const paths = units.map(({ name }) => join(folder, name));
    for (const [index, unit] of units.entries()) {
      await writeFile(paths[index] ?? '', unitText(unit));
    }
    const rules = join(folder, 'outpost.nft');
    await writeFile(rules, firewall);
    const parsed = await run(['systemd-analyze', 'verify', '--man=no', ...paths]);
    const complaint = firstLine(parsed.complaint, (line) => line.includes('outpost'));
    const exposures = await Promise.all(paths.map((path) => exposureOf(path, run)));
    const checked = await run(['nft', '-c', '-f', rules]);
    return [
      finding('units parse', parsed.code === 0 && complaint === '', complaint || 'no complaint'),
      ...units.map(({ name }, index) => {
        const exposure = exposures[index] ?? 10;
        return finding(`exposure of ${name}`, exposure <= worstExposure, `${exposure} of 10`);
      }),
      finding(
        'firewall parses',
        checked.code === 0,
        firstLine(checked.complaint) || 'no complaint',
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Overall exposure of a unit file, 0 to 10, by `systemd-analyze security --offline`. */
async function exposureOf(path: string, run: Run): Promise<number> {
  const ran = await run(['systemd-analyze', 'security', '--offline=yes', '--no-pager', path]);
  const [, level] = /Overall exposure level for .*: ([\d.]+)/.exec(ran.output) ?? [];
  return level === undefined ? 10 : Number(level);
}

function finding(name: string, isOk: boolean, text: string): Finding {
  const next = 'This is an error of Outpost, not yours: tell its makers';
  return { name, outcome: isOk ? 'ok' : 'failed', text: isOk ? text : `${text}. ${next}` };
}

function firstLine(text: string, isWanted: (line: string) => boolean = () => true): string {
  return text.split('\n').find((line) => line.trim() !== '' && isWanted(line)) ?? '';
}
