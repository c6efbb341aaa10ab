import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { expectOk } from '#sync/core/result.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { uid } from '#sync/dicom/uid.ts';
import { syntheticSlice } from './synthetic-ct.ts';
import { syntheticObject } from './synthetic-dataset.ts';
import { phantomSlice } from './synthetic-pixels.ts';

const rows = 512;
/** So many different ones; more than lie in one pack, so that no coding finds a frame a second time. */
const differentFrames = 64;

/**
 * Writes a multi-frame object of `frames` times 512 KiB to `path`, piece by piece: frames of a head phantom, 16 bits
 * each. Answers the SHA-256 of its dataset.
 */
export async function writeLongObject(path: string, frames: number): Promise<string> {
  const { attributes } = syntheticSlice({ seed: 77, slices: 1, rows: 8 }, 0);
  const multiFrameWord = uid('1.2.840.10008.5.1.4.1.1.7.3');
  const us = (value: number): Uint8Array => Uint8Array.of(value & 255, value >> 8);
  const { part10 } = syntheticObject({ ...attributes, sopClassUid: multiFrameWord }, [
    [0x00280002, 'US', us(1)],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280008, 'IS', String(frames)],
    [0x00280010, 'US', us(rows)],
    [0x00280011, 'US', us(rows)],
    [0x00280100, 'US', us(16)],
    [0x00280101, 'US', us(12)],
    [0x00280102, 'US', us(11)],
    [0x00280103, 'US', us(0)],
  ]);
  const { fileHeaderSizeBytes } = expectOk(readFileHeader(part10));
  const pixelData = Uint8Array.of(0xe0, 0x7f, 0x10, 0, 0x4f, 0x57, 0, 0, 0, 0, 0, 0);
  new DataView(pixelData.buffer).setUint32(8, frames * rows * rows * 2, true);
  const pixels = Array.from({ length: Math.min(frames, differentFrames) }, (_, n) =>
    phantomSlice(rows, n / differentFrames, n),
  );
  const dataset = createHash('sha256').update(part10.subarray(fileHeaderSizeBytes));
  const file = await open(path, 'w');
  try {
    await file.writeFile(part10);
    for (let n = -1; n < frames; n++) {
      const piece = pixels[n % pixels.length] ?? pixelData;
      dataset.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return dataset.digest('hex');
}

/** SHA-256 of the dataset of a Part 10 file of any length. */
export async function datasetDigestOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const head = new Uint8Array(64 * 1024);
    await file.read(head, 0, head.length, 0);
    const { fileHeaderSizeBytes } = expectOk(readFileHeader(head));
    const dataset = createHash('sha256');
    const pieces = file.createReadStream({ start: fileHeaderSizeBytes, autoClose: false });
    for await (const piece of pieces) dataset.update(piece);
    return dataset.digest('hex');
  } finally {
    await file.close();
  }
}
