import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';

/** Files of one CT study in a folder of their own. */
export interface LinkStudy {
  readonly folder: string;
  readonly slices: number;
  readonly sizeBytes: number;
}

/** A real head study, when there is one here: `OUTPOST_CT_STUDY`, else the one beside this checkout. */
export function realStudyFolder(): string | undefined {
  const beside = join(repositoryDir, '../shared/data/dicom/studies/ct-head-phantom-philips');
  return [process.env['OUTPOST_CT_STUDY'], beside].find((path) => path && existsSync(path));
}

/** The first `slices` of the real study, else of a synthetic one, under UIDs of their own for each `seed`. */
export async function makeLinkStudy(
  folder: string,
  slices: number,
  seed: number,
): Promise<LinkStudy> {
  await mkdir(folder, { recursive: true });
  const files = await filesOf(slices, seed);
  let sizeBytes = 0;
  for (const [index, file] of files.entries()) {
    await writeFile(join(folder, `${String(index).padStart(4, '0')}.dcm`), file);
    sizeBytes += file.length;
  }
  return { folder, slices: files.length, sizeBytes };
}

async function filesOf(slices: number, seed: number): Promise<readonly Uint8Array[]> {
  const source = realStudyFolder();
  if (source === undefined) return syntheticStudy({ seed, slices }).map(({ part10 }) => part10);
  const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);
  const names = (await readdir(source)).sort((a, b) => numberOf(a) - numberOf(b));
  return Promise.all(
    names
      .slice(0, slices)
      .map(async (name) => renumbered(await readFile(join(source, name)), seed)),
  );
}

/** Everything as it is, but study, series and instance have other UIDs of the same length: what a center knows already is not sent again. */
function renumbered(file: Buffer, seed: number): Buffer {
  const header = readFileHeader(file);
  if (!header.ok) throw new Error(header.fault.message);
  const dataset = file.subarray(header.value.fileHeaderSizeBytes);
  const attributes = readAttributes(dataset, header.value, true);
  if (!attributes.ok) throw new Error(attributes.fault.message);
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = attributes.value;
  const copy = Buffer.from(file);
  for (const uid of [studyInstanceUid, seriesInstanceUid, sopInstanceUid]) {
    if (uid === undefined) continue;
    const other = Buffer.from(otherUid(uid, seed), 'latin1');
    for (let at = file.indexOf(uid); at >= 0; at = file.indexOf(uid, at + uid.length)) {
      other.copy(copy, at);
    }
  }
  return copy;
}

/** The last digits come from a digest; none of them is 0, so no component begins with one. */
function otherUid(uid: string, seed: number): string {
  const digest = createHash('sha256').update(`${seed} ${uid}`).digest();
  let at = 0;
  return uid.replace(/\d{1,12}$/, (digits) =>
    digits.replace(/\d/g, () => String(1 + ((digest[at++] ?? 0) % 9))),
  );
}
