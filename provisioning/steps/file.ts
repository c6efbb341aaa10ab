import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that after a power cut the old or the new one is there; the old one stays beside it as
 * `PATH.old`. `give` sets the owner before the file has its name.
 */
export async function replaceFile(
  path: string,
  text: string,
  mode: number,
  give: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await give(temporary);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await keepOld(path, text);
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function keepOld(path: string, text: string): Promise<void> {
  const old = await open(path, 'r').catch(() => undefined);
  if (old === undefined) return;
  try {
    if ((await old.readFile('utf8')) === text) return;
  } finally {
    await old.close();
  }
  await copyFile(path, `${path}.old`);
}
