/** What a zstd frame says about itself before any of it is decompressed (RFC 8878 3.1.1). */
export interface ZstdFrame {
  /** Memory the decoder must keep to look back, bytes. */
  readonly windowSizeBytes: number;
  /** Length after decompression, when the frame tells. */
  readonly contentSizeBytes: number | undefined;
  /** Length of the frame itself. */
  readonly frameSizeBytes: number;
}

/**
 * Reads the frame and block headers of `bytes`, or answers undefined unless they are exactly one zstd frame: no
 * skippable frame, no dictionary, nothing behind the end. Decoders of the platform ignore what follows a frame, so
 * this check is what makes a payload the only form of its content.
 */
export function readZstdFrame(bytes: Uint8Array): ZstdFrame | undefined {
  const frame = readFirstZstdFrame(bytes);
  return frame?.frameSizeBytes === bytes.length ? frame : undefined;
}

/** As `readZstdFrame`, but other bytes may follow the frame. */
export function readFirstZstdFrame(bytes: Uint8Array): ZstdFrame | undefined {
  if (bytes.length < 9) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== magic) return undefined;
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasReservedBit = (descriptor & 0x08) !== 0;
  const hasDictionary = (descriptor & 0x03) !== 0;
  if (hasReservedBit || hasDictionary) return undefined;
  const sizeField = contentSizeField(descriptor >> 6, isSingleSegment);
  const contentAt = isSingleSegment ? 5 : 6;
  const blocksAt = contentAt + sizeField;
  if (bytes.length < blocksAt + 3) return undefined;
  const contentSizeBytes = contentSize(view, contentAt, sizeField);
  const windowSizeBytes = isSingleSegment ? (contentSizeBytes ?? 0) : windowSize(view.getUint8(5));
  const end = endOfBlocks(view, blocksAt);
  if (end === undefined) return undefined;
  const frameSizeBytes = end + ((descriptor & 0x04) === 0 ? 0 : 4);
  if (frameSizeBytes > bytes.length) return undefined;
  return { windowSizeBytes, contentSizeBytes, frameSizeBytes };
}

function contentSizeField(flag: number, isSingleSegment: boolean): number {
  if (flag === 0) return isSingleSegment ? 1 : 0;
  return 2 ** flag;
}

function contentSize(view: DataView, at: number, field: number): number | undefined {
  if (field === 0) return undefined;
  if (field === 1) return view.getUint8(at);
  if (field === 2) return view.getUint16(at, true) + 256;
  if (field === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}

/** RFC 8878 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Where the last block ends, or undefined when blocks run past the end or are of the reserved type. */
function endOfBlocks(view: DataView, start: number): number | undefined {
  let at = start;
  while (at + 3 <= view.byteLength) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === 3) return undefined;
    at += 3 + (type === runOfOneByte ? 1 : header >> 3);
    if (at > view.byteLength) return undefined;
    if (isLast) return at;
  }
  return undefined;
}

const magic = 0xfd2fb528;
const runOfOneByte = 1;
