import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteRange, Piece } from '../center/ranges.ts';
import { passage } from '../core/failpoint.ts';
import { readFileHeader } from '../dicom/part10.ts';
import { headBytes } from './center-disk.ts';
import { syncFolder } from './durable-file.ts';

const stepBytes = 1024 * 1024;

/**
 * Copies `pieces` of the range files in `source` to one object at `target`, flat in memory, and hashes its dataset
 * on the way. Durable on return of the object's head; undefined, and no file, when the digest is another or the
 * head is no Part 10 header.
 */
export async function joinRanges(
  source: string,
  pieces: readonly Piece<ByteRange>[],
  target: string,
  datasetSha256: string,
): Promise<Uint8Array | undefined> {
  const temporary = `${target}.joining`;
  const file = await open(temporary, 'w', 0o600);
  const dataset = createDatasetHash();
  const buffer = new Uint8Array(stepBytes);
  try {
    for (const { range, skip } of pieces) {
      const from = await open(join(source, `${range.from}-${range.to}`), 'r');
      try {
        await copy(from, skip, file, buffer, dataset.update);
      } finally {
        await from.close();
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (dataset.digest() !== datasetSha256) {
    await rm(temporary, { force: true });
    return undefined;
  }
  passage('center-join/synced');
  await rename(temporary, target);
  passage('center-join/renamed');
  await syncFolder(dirname(target));
  passage('center-join/durable');
  return dataset.head();
}

async function copy(
  from: FileHandle,
  offset: number,
  to: FileHandle,
  buffer: Uint8Array,
  see: (bytes: Uint8Array) => void,
): Promise<void> {
  for (let at = offset; ; ) {
    const { bytesRead } = await from.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    const bytes = buffer.subarray(0, bytesRead);
    see(bytes);
    await to.writeFile(bytes);
    at += bytesRead;
  }
}

/** Gathers the head until the file header can be read, then hashes what lies behind it. */
function createDatasetHash() {
  const head = new Uint8Array(headBytes);
  let headFilled = 0;
  let hash: Hash | undefined;
  const start = (): void => {
    const header = readFileHeader(head.subarray(0, headFilled));
    if (!header.ok) return;
    hash = createHash('sha256').update(head.subarray(header.value.fileHeaderSizeBytes, headFilled));
  };
  return {
    update: (bytes: Uint8Array): void => {
      const taken = Math.min(bytes.length, headBytes - headFilled);
      if (taken > 0) {
        head.set(bytes.subarray(0, taken), headFilled);
        headFilled += taken;
        if (headFilled === headBytes) start();
      }
      if (taken < bytes.length) hash?.update(bytes.subarray(taken));
    },
    /** Undefined when the head is no Part 10 header. */
    digest: (): string | undefined => {
      if (headFilled < headBytes) start();
      return hash?.digest('hex');
    },
    head: (): Uint8Array => head.subarray(0, headFilled),
  };
}
