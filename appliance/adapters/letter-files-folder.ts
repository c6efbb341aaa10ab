import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import type { WholeFile } from '#sync/core/failpoint.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { LetterFiles } from '../ports-letters.ts';
import type { StoreFault } from '../ports-store.ts';
import { writeFaultOf } from './segment-fault.ts';

/** Writes a whole file durably under its final name, or throws the system's error; `as` names it for failpoints. */
export type WriteDurably = (
  path: string,
  bytes: Uint8Array | string | AsyncIterable<Uint8Array>,
  options: { readonly as: WholeFile },
) => Promise<void>;

const digestPattern = /^[0-9a-f]{64}$/;

/**
 * Folders of the data folder: `reports/<sha256>` holds documents, `letters/<packId>.spk` what counted, as it came,
 * `quarantine/<packId>.spk` and `.txt` what failed and why. Throws when the folders cannot be made.
 */
export async function openLetterFiles(
  dataDir: string,
  writeDurably: WriteDurably,
): Promise<LetterFiles> {
  const put = (as: WholeFile, path: string, bytes: Uint8Array | string) =>
    putFile(() => writeDurably(path, bytes, { as }));
  const reports = join(dataDir, 'reports');
  const letters = join(dataDir, 'letters');
  const quarantine = join(dataDir, 'quarantine');
  for (const dir of [reports, letters, quarantine]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
  return {
    putReportDocument: (sha256, bytes) =>
      put('box-document', join(reports, checked(sha256)), bytes),
    readReportDocument: async (sha256) => readIfThere(join(reports, checked(sha256))),
    readQuarantined: async (packId) => readIfThere(join(quarantine, `${checked(packId)}.spk`)),
    quarantine: async (packId, bytes, reason) => {
      const keep = (name: string, content: Uint8Array | string) =>
        put('box-quarantine', join(quarantine, name), content);
      const kept = await keep(`${checked(packId)}.spk`, bytes);
      return kept.ok ? keep(`${packId}.txt`, `${reason}\n`) : kept;
    },
    keepLetter: (packId, bytes) =>
      put('box-letter', join(letters, `${checked(packId)}.spk`), bytes),
  };
}

async function putFile(write: () => Promise<void>): Promise<Result<void, StoreFault>> {
  try {
    await write();
    return ok(undefined);
  } catch (cause) {
    return fail(writeFaultOf('keep a letter', cause));
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** A name from outside never reaches the file system as a path. */
function checked(digest: string): string {
  if (!digestPattern.test(digest)) throw new Error('A digest that is no digest was let in');
  return digest;
}
