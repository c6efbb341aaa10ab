import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldReason, StudyStore } from '../center/ports-store.ts';
import { passage } from '../core/failpoint.ts';
import { namesIn, onDisk, putFile, readIfThere } from './center-disk.ts';
import { readJson } from './study-store-folder-file.ts';

type HeldPacks = Pick<StudyStore, 'hold' | 'held' | 'heldReasons' | 'readHeld' | 'dropHeld'>;

/** Packs that are kept sealed in `folder`, each with its reason beside it. */
export function heldPacks(folder: string): HeldPacks {
  return {
    hold: (reason, bytes) =>
      onDisk(async () => {
        const put = (name: string, content: Uint8Array | string) =>
          putFile('center-held', folder, name, content);
        await put(`${reason.packId}.json`, `${JSON.stringify(reason)}\n`);
        await put(`${reason.packId}.spk`, bytes);
      }),
    held: () => onDisk(() => packsIn(folder)),
    heldReasons: () => onDisk(() => readHeldReasons(folder)),
    readHeld: (packId) => onDisk(() => readIfThere(join(folder, `${packId}.spk`))),
    dropHeld: (packId) =>
      onDisk(async () => {
        await rm(join(folder, `${packId}.spk`), { force: true });
        await rm(join(folder, `${packId}.json`), { force: true });
        passage('center-held-pack/removed');
      }),
  };
}

/** What is held in `folder`, oldest first; also for commands beside the running center. */
export async function readHeldReasons(folder: string): Promise<readonly HeldReason[]> {
  const paths = (await packsIn(folder)).map((packId) => join(folder, `${packId}.json`));
  const reasons = await Promise.all(paths.map((path) => readJson<HeldReason>(path)));
  return reasons
    .flatMap((reason) => reason ?? [])
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

/** A reason without its pack is what a crash left. */
async function packsIn(folder: string): Promise<readonly string[]> {
  return (await namesIn(folder)).flatMap((name) =>
    name.endsWith('.spk') ? [name.slice(0, -'.spk'.length)] : [],
  );
}
