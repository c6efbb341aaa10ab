import { Buffer } from 'node:buffer';
import { type BitCoder, createBitDecoder, createBitEncoder } from './bit-coder.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { blocksOf, createCoefficients, type JpegForm } from './jpeg-form.ts';
import { createJpegFrames } from './jpeg-frames.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { readScan } from './jpeg-scan-reading.ts';
import { writeScan } from './jpeg-scan-writing.ts';

/** A scan of a JPEG in the whole: its header lies in front of it, and stays where it is. */
export interface JpegScan {
  readonly headerFrom: number;
  readonly from: number;
  readonly to: number;
  /** The bits that fill up its bytes. */
  readonly padding: 0 | 1;
}

/** Scans that were found, and all of their coefficients as one arithmetic code. */
export interface CodedScans {
  readonly scans: readonly JpegScan[];
  readonly code: Uint8Array;
}

/**
 * Codes every scan of a JPEG in `whole` outside `taken` (ascending) that can be written back exactly; one that is
 * cut, damaged, or written in another way stays as it is. One frame at a time is held, and the one before it.
 */
export function codeScans(
  whole: Uint8Array,
  taken: readonly { readonly from: number; readonly to: number }[],
): CodedScans {
  const coder = createBitEncoder();
  const scans: JpegScan[] = [];
  let frames: ReturnType<typeof createJpegFrames> | undefined;
  let failed = 0;
  let at = 0;
  for (const { from, to } of [...taken, { from: whole.length, to: whole.length }]) {
    const free = whole.subarray(0, from);
    while (failed <= mostFailed + scans.length && scans.length < mostScans) {
      at = indexOfStart(free, at);
      if (at < 0) break;
      const read = readFrame(free, at);
      if (read === undefined) {
        failed++;
        at++;
        continue;
      }
      frames ??= createJpegFrames(coder);
      frames.code(read.form, read.coefficients);
      scans.push(read.scan);
      at = read.scan.to;
    }
    at = to;
  }
  return { scans, code: scans.length > 0 ? coder.finish() : new Uint8Array(0) };
}

/**
 * Fills the scans of `whole` from their code: all else is there already. Says why not where it is not sound. Time and
 * memory are bounded by the length of the scans: a block takes at least two of their bits.
 */
export function fillScans(
  whole: Uint8Array,
  scans: readonly JpegScan[],
  code: Uint8Array,
): CodingFault | undefined {
  if (scans.length === 0) return code.length === 0 ? undefined : unsound();
  const coder = createBitDecoder(code);
  const frames = createJpegFrames(coder);
  for (const scan of scans) {
    const failed = fillScan(whole, scan, coder, frames);
    if (failed !== undefined) return failed;
  }
  return coder.isAtEnd() ? undefined : lacking();
}

/** Gap to the header, its length, and that of the scan, doubled, and the padding. */
export function writeScans(scans: readonly JpegScan[], list: ByteList): void {
  list.number(scans.length);
  let at = 0;
  for (const { headerFrom, from, to, padding } of scans) {
    list.number(headerFrom - at);
    list.number(from - headerFrom);
    list.number((to - from) * 2 + padding);
    at = to;
  }
}

/** The scans of a whole of `wholeBytes`, ascending and apart; undefined when they are not sound. */
export function readScans(reader: ByteReader, wholeBytes: number): readonly JpegScan[] | undefined {
  const count = reader.number();
  // Each takes three bytes and more, so nothing large is made of a small payload.
  if (count === undefined || count * 3 > reader.rest || count > mostScans) return undefined;
  const scans: JpegScan[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const gap = reader.number();
    const headerBytes = reader.number();
    const length = reader.number();
    if (gap === undefined || headerBytes === undefined || length === undefined) return undefined;
    const headerFrom = at + gap;
    const from = headerFrom + headerBytes;
    const to = from + Math.floor(length / 2);
    if (length < 2 || to > wholeBytes) return undefined;
    scans.push({ headerFrom, from, to, padding: length % 2 === 0 ? 0 : 1 });
    at = to;
  }
  return scans;
}

function readFrame(bytes: Uint8Array, at: number) {
  const header = readJpegHeader(bytes.subarray(at));
  if (header === undefined) return undefined;
  const { form, sizeBytes } = header;
  const from = at + sizeBytes;
  if (!isRoomFor(form, bytes.length - from)) return undefined;
  const coefficients = createCoefficients(form);
  const read = readScan(bytes, from, form, coefficients);
  if (read === undefined) return undefined;
  const to = from + read.sizeBytes;
  const again = new Uint8Array(read.sizeBytes);
  if (!writeScan(form, coefficients, read.padding, again)) return undefined;
  if (Buffer.compare(again, bytes.subarray(from, to)) !== 0) return undefined;
  return { form, coefficients, scan: { headerFrom: at, from, to, padding: read.padding } };
}

function fillScan(
  whole: Uint8Array,
  { headerFrom, from, to, padding }: JpegScan,
  coder: BitCoder,
  frames: ReturnType<typeof createJpegFrames>,
): CodingFault | undefined {
  const header = readJpegHeader(whole.subarray(headerFrom, from));
  if (header?.sizeBytes !== from - headerFrom) return unsound();
  const { form } = header;
  if (!isRoomFor(form, to - from)) {
    return refused('coding/too-large', 'its scan is shorter than its blocks').fault;
  }
  const coefficients = createCoefficients(form);
  frames.code(form, coefficients);
  if (coder.isSpent()) return lacking();
  return writeScan(form, coefficients, padding, whole.subarray(from, to)) ? undefined : unsound();
}

/** Each block is two codes at least, of a bit or more. */
function isRoomFor({ components }: JpegForm, scanBytes: number): boolean {
  return components.reduce((sum, each) => sum + blocksOf(each), 0) <= scanBytes * 4;
}

/** Where FF D8 FF stands from `from` on, -1 for nowhere. */
function indexOfStart(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xd8, from + 1); at >= 0; at = bytes.indexOf(0xd8, at + 1)) {
    if (bytes[at - 1] === 0xff && bytes[at + 1] === 0xff) return at - 1;
  }
  return -1;
}

function unsound(): CodingFault {
  return refused('coding/damaged', 'a scan is not what its header says').fault;
}

function lacking(): CodingFault {
  return refused('coding/size', 'its stream holds too little or too much').fault;
}

const mostScans = 16_384;
/** Images that cannot be coded, beside those that can: looking at one may take as long as coding it. */
const mostFailed = 64;
