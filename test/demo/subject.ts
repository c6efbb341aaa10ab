import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';

/** One object that the modality sends. */
export interface Subject {
  readonly path: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly accessionNumber: string;
  readonly datasetSha256: string;
  readonly sizeBytes: number;
  readonly part10: Uint8Array;
  /** Name, id and UIDs: what no carrier may see. */
  readonly texts: readonly string[];
}

export interface Subjects {
  readonly subjects: readonly Subject[];
  /** Files that are not DICOM, by name. */
  readonly notDicom: readonly string[];
}

/** A synthetic CT of `slices` slices, written into `folder` as the modality's own disk. */
export async function syntheticSubjects(folder: string, slices: number): Promise<Subjects> {
  await mkdir(folder, { recursive: true });
  let index = 0;
  for (const { part10 } of syntheticStudy({ seed: 20_261_124, slices })) {
    await writeFile(join(folder, `ct-${String(++index).padStart(3, '0')}.dcm`), part10);
  }
  return subjectsIn(folder);
}

/** Every DICOM file under `folder`, sorted by path. */
export async function subjectsIn(folder: string): Promise<Subjects> {
  const subjects: Subject[] = [];
  const notDicom: string[] = [];
  for (const path of await filesUnder(folder)) {
    const subject = subjectOf(path, await readFile(path));
    if (subject) subjects.push(subject);
    else notDicom.push(basename(path));
  }
  return { subjects, notDicom };
}

/** SHA-256 of the dataset of every Part 10 file under `folder`: what the PACS really holds. */
export async function datasetDigestsUnder(folder: string): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const path of await filesUnder(folder)) {
    const subject = subjectOf(path, await readFile(path));
    if (subject) digests.push(subject.datasetSha256);
  }
  return digests;
}

function subjectOf(path: string, part10: Uint8Array): Subject | undefined {
  const header = readFileHeader(part10);
  if (!header.ok) return undefined;
  const dataset = part10.subarray(header.value.fileHeaderSizeBytes);
  const attributes = readAttributes(dataset, header.value, true);
  const known = attributes.ok ? attributes.value : undefined;
  return {
    path,
    sopInstanceUid: header.value.sopInstanceUid,
    studyInstanceUid: known?.studyInstanceUid ?? '',
    accessionNumber: known?.accessionNumber ?? '',
    datasetSha256: createHash('sha256').update(dataset).digest('hex'),
    sizeBytes: part10.length,
    part10,
    texts: [
      known?.patientName ?? '',
      known?.patientId ?? '',
      known?.studyInstanceUid ?? '',
      known?.seriesInstanceUid ?? '',
      header.value.sopInstanceUid,
    ],
  };
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
