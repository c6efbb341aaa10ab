import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ok, type Result } from '../core/result.ts';
import { type CodingFault, maxDecodedBytes, refused } from './coding-fault.ts';
import { readFirstZstdFrame, readZstdFrame } from './zstd-frame.ts';

/** One zstd frame of `plain`; Deno writes an empty second frame behind some, and the first holds all. */
export function zstdOf(plain: Uint8Array, level: number, isLong = false): Uint8Array {
  const long = {
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    [constants.ZSTD_c_windowLog]: 26,
  };
  const params = { [constants.ZSTD_c_compressionLevel]: level, ...(isLong ? long : {}) };
  const frames = viewOf(zstdCompressSync(plain, { params }));
  return frames.subarray(0, readFirstZstdFrame(frames)?.frameSizeBytes);
}

/** What one zstd frame holds; refuses anything but one frame, and more than `maxBytes` or memory for more than that. */
export function fromZstd(payload: Uint8Array, maxBytes: number): Result<Uint8Array, CodingFault> {
  const frame = readZstdFrame(payload);
  if (frame === undefined) return refused('coding/damaged', 'it is not one zstd frame');
  if (frame.windowSizeBytes > maxDecodedBytes || (frame.contentSizeBytes ?? 0) > maxBytes) {
    return refused('coding/too-large', 'its frame asks for more memory than was declared');
  }
  try {
    return ok(viewOf(zstdDecompressSync(payload, { maxOutputLength: Math.max(1, maxBytes) })));
  } catch (cause) {
    const isTooLarge = cause instanceof RangeError;
    return isTooLarge
      ? refused('coding/too-large', 'it holds more than was declared')
      : refused('coding/damaged', 'zstd refuses it');
  }
}

function viewOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
