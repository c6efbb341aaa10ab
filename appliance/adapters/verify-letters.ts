import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files of letters whose content no longer hashes to their name: documents in `reports/`, packs in `letters/`
 * and `quarantine/`. Names relative to the data folder.
 */
export async function damagedFiles(dataDir: string): Promise<readonly string[]> {
  const damaged: string[] = [];
  for (const folder of ['reports', 'letters', 'quarantine']) {
    for (const name of await readdir(join(dataDir, folder)).catch(() => [])) {
      const digest = /^([0-9a-f]{64})(\.spk)?$/.exec(name)?.[1];
      if (digest === undefined) continue;
      const bytes = await readFile(join(dataDir, folder, name));
      const actual = createHash('sha256').update(bytes).digest('hex');
      if (actual !== digest) damaged.push(`${folder}/${name}`);
    }
  }
  return damaged;
}
