import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tag } from '#sync/dicom/tags.ts';
import { uid } from '#sync/dicom/uid.ts';
import { syntheticSlice } from '../support/synthetic-ct.ts';
import { syntheticObject, syntheticUid } from '../support/synthetic-dataset.ts';
import { phantomSlice } from '../support/synthetic-pixels.ts';

/** Senders at once at most: a study lies in a folder for each. */
export const shares = 4;

/** Files of one study on the disk. */
export interface SentStudy {
  readonly folder: string;
  readonly objects: number;
  readonly sizeBytes: number;
}

/** Slices of `rows` squared, in turn in a folder for each sender. */
export async function makeSlices(
  folder: string,
  study: Parameters<typeof syntheticSlice>[0],
): Promise<SentStudy> {
  let sizeBytes = 0;
  for (let share = 0; share < shares; share++) {
    await mkdir(join(folder, String(share)), { recursive: true });
  }
  for (let index = 0; index < study.slices; index++) {
    const { part10 } = syntheticSlice(study, index);
    await writeFile(join(folder, String(index % shares), `${index}.dcm`), part10);
    sizeBytes += part10.length;
  }
  return { folder, objects: study.slices, sizeBytes };
}

const frameRows = 512;
const frameBytes = frameRows * frameRows * 2;

/** One Enhanced CT object of about `sizeBytes`, written frame by frame. */
export async function makeMultiFrame(folder: string, sizeBytes: number): Promise<SentStudy> {
  const frames = Math.ceil(sizeBytes / frameBytes);
  const slice = syntheticSlice({ seed: 77, slices: 1, rows: 16 }, 0);
  const attributes = {
    ...slice.attributes,
    sopClassUid: uid('1.2.840.10008.5.1.4.1.1.2.1'),
    sopInstanceUid: syntheticUid(`multi-frame/${sizeBytes}`),
  };
  const { part10 } = syntheticObject(attributes, [
    [0x00280002, 'US', Uint8Array.of(1, 0)],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280008, 'IS', String(frames)],
    [0x00280010, 'US', twoBytes(frameRows)],
    [0x00280011, 'US', twoBytes(frameRows)],
    [0x00280100, 'US', twoBytes(16)],
    [0x00280101, 'US', twoBytes(16)],
    [0x00280102, 'US', twoBytes(15)],
    [0x00280103, 'US', twoBytes(0)],
    [tag.PixelData, 'OW', new Uint8Array()],
  ]);
  // The last four bytes are the length of the pixel data.
  new DataView(part10.buffer, part10.byteOffset).setUint32(
    part10.length - 4,
    frames * frameBytes,
    true,
  );
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, 'multi-frame.dcm'), 'w');
  try {
    await file.write(part10);
    const frame = phantomSlice(frameRows, 0.5, 1);
    for (let index = 0; index < frames; index++) await file.write(frame);
  } finally {
    await file.close();
  }
  return { folder, objects: 1, sizeBytes: part10.length + frames * frameBytes };
}

function twoBytes(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
