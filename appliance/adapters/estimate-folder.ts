import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Area } from '#sync/coding/areas.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { recognizeFile } from '#sync/dicom/recover.ts';
import { readFully } from './disk.ts';

const headBytes = 4 * 1024 * 1024;

/** A DICOM file of a folder: enough to code it in pieces. */
export interface FoundObject {
  readonly path: string;
  readonly sizeBytes: number;
  readonly studyInstanceUid: string;
  readonly modality: string;
}

/** A piece of an object, with what a range needs to be coded well. */
export interface ObjectPiece {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly isLast: boolean;
  readonly areas?: readonly Area[];
}

/** Every DICOM file below `dir`; what is none is told to `onOther`. Symbolic links are not followed. */
export async function findObjects(
  dir: string,
  onOther: (path: string) => void,
): Promise<readonly FoundObject[]> {
  const found: FoundObject[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const object = await withFile(path, (file) => describe(file, path));
    if (object) found.push(object);
    else onOther(path);
  }
  return found;
}

/** The pieces of an object in order, at most `pieceBytes` each: memory stays flat however large it is. */
export async function* piecesOf(
  { path, sizeBytes }: FoundObject,
  pieceBytes: number,
): AsyncGenerator<ObjectPiece> {
  const file = await open(path);
  try {
    const head = await readFully(file, 0, Math.min(headBytes, sizeBytes));
    const areas = areasOfObject(head, sizeBytes);
    for (let from = 0; from < sizeBytes; from += pieceBytes) {
      const length = Math.min(pieceBytes, sizeBytes - from);
      const bytes = from + length <= head.length ? head.subarray(from, from + length) : undefined;
      yield {
        bytes: bytes ?? (await readFully(file, from, length)),
        from,
        isLast: from + length === sizeBytes,
        areas,
      };
    }
  } finally {
    await file.close();
  }
}

async function describe(file: FileHandle, path: string): Promise<FoundObject | undefined> {
  const { size } = await file.stat();
  const head = await readFully(file, 0, Math.min(256 * 1024, size));
  const header = recognizeFile(head);
  if (!header.ok) return undefined;
  const dataset = head.subarray(header.value.datasetAt);
  const attributes = readAttributes(dataset, header.value, head.length === size);
  const told = attributes.ok ? attributes.value : undefined;
  return {
    path,
    sizeBytes: size,
    studyInstanceUid: told?.studyInstanceUid ?? 'no study number',
    modality: told?.modality || '?',
  };
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
