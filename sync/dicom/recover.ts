import { fail, ok, type Result } from '../core/result.ts';
import type { Announced } from './attributes.ts';
import {
  type Encoding,
  explicitBigEndian,
  explicitLittleEndian,
  hasKnownVr,
  implicitLittleEndian,
} from './element.ts';
import {
  buildFileHeader,
  type FileHeaderFault,
  type Group2,
  readFileHeader,
  readGroup2,
  sopUidsOf,
} from './part10.ts';
import { transferSyntaxOfPixels } from './pixel-codec.ts';
import { tag } from './tags.ts';
import { asciiText } from './text.ts';
import { transferSyntax } from './transfer-syntaxes.ts';
import type { Uid } from './types.ts';
import { parseUid, uid } from './uid.ts';
import { inflateHead } from './values.ts';
import { type WalkEnd, walk } from './walk.ts';

/** A file as it can be stored: a header (its own, or one that is made for it) and where its dataset starts. */
export interface RecognizedFile extends Announced {
  /** Preamble and group 0002 of the object to be stored. */
  readonly fileHeader: Uint8Array;
  /** Byte of the file where the dataset starts: all from there on is what the digest is of. */
  readonly datasetAt: number;
}

/**
 * Recognises a DICOM file from its first bytes, also without preamble, without group 0002, or with one that names no
 * transfer syntax: that is then found by trying. What is recovered so is taken only when its dataset plainly names
 * class, instance and study in order, so that no other file passes for an image. The fault is that of `readFileHeader`.
 */
export function recognizeFile(head: Uint8Array): Result<RecognizedFile, FileHeaderFault> {
  const header = readFileHeader(head);
  if (header.ok) {
    const { fileHeaderSizeBytes: datasetAt, ...announced } = header.value;
    return ok({ ...announced, fileHeader: head.slice(0, datasetAt), datasetAt });
  }
  for (const { start, hasMagic } of startsOf(head)) {
    const found = recoverFrom(head, start, hasMagic);
    if (found) return ok(found);
  }
  return fail(header.fault);
}

/** Where group 0002 or, without one, the dataset may start; a lost or wrong magic is passed over. */
function startsOf(head: Uint8Array): readonly { start: number; hasMagic: boolean }[] {
  const hasMagicAt = (at: number) => asciiText(head.subarray(at, at + 4)) === 'DICM';
  return [0, 4, 128, 132].map((start) => ({
    start,
    hasMagic: start >= 4 && hasMagicAt(start - 4),
  }));
}

function recoverFrom(
  head: Uint8Array,
  start: number,
  hasMagic: boolean,
): RecognizedFile | undefined {
  const group = readGroup2(head, start);
  if (group === undefined) return undefined;
  const hasGroup = group.end > start;
  // Without any mark a dataset must be the whole file.
  if (!hasGroup && !hasMagic && start > 0) return undefined;
  const dataset = head.subarray(group.end);
  const named = parseUid(group.text(tag.TransferSyntaxUID));
  const read = named === undefined ? readByTrying(dataset) : readAs(dataset, named, group);
  if (read === undefined) return undefined;
  const fileHeader = buildFileHeader({ ...read, sendingAeTitle: '' });
  return { ...read, fileHeader, datasetAt: group.end };
}

/** A named transfer syntax is believed; the SOP UIDs are then looked for like in a whole file. */
function readAs(dataset: Uint8Array, named: Uid, group: Group2): Announced | undefined {
  const uids = sopUidsOf(dataset, named, group);
  return uids && { transferSyntaxUid: named, ...uids };
}

/** Each encoding that the first element does not contradict, then the deflated one. */
function readByTrying(dataset: Uint8Array): Announced | undefined {
  const plain = readPlain(dataset);
  if (plain) return plain;
  const inflated = inflateHead(dataset);
  const inside = inflated && readPlain(inflated);
  const isDeflated = inside?.transferSyntaxUid === transferSyntax.explicitLittleEndian;
  return isDeflated ? { ...inside, transferSyntaxUid: uid(transferSyntax.deflated) } : undefined;
}

function readPlain(dataset: Uint8Array): Announced | undefined {
  const view = new DataView(dataset.buffer, dataset.byteOffset, dataset.byteLength);
  const encoding = encodingByFirstElement(view);
  if (encoding === undefined) return undefined;
  const values = new Map<number, string>();
  const end = walk(view, encoding, ({ tag: number, valueAt, length = 0 }) => {
    if (!wanted.has(number) || values.has(number)) return;
    values.set(number, asciiText(dataset.subarray(valueAt, valueAt + length)));
  });
  const [sopClassUid, sopInstanceUid, study] = [...wanted].map((number) =>
    parseUid(values.get(number) ?? ''),
  );
  if (!sopClassUid || !sopInstanceUid || !study) return undefined;
  const syntax = syntaxOf(dataset, encoding, end);
  return syntax === undefined
    ? undefined
    : { transferSyntaxUid: uid(syntax), sopClassUid, sopInstanceUid };
}

/** The first group is a low one in one byte order only, and value representations show themselves. */
function encodingByFirstElement(view: DataView): Encoding | undefined {
  if (view.byteLength < 8) return undefined;
  if (isFirstGroup(view.getUint16(0, true))) {
    return hasKnownVr(view, 0) ? explicitLittleEndian : implicitLittleEndian;
  }
  const isBig = isFirstGroup(view.getUint16(0, false)) && hasKnownVr(view, 0);
  return isBig ? explicitBigEndian : undefined;
}

/** The syntax of the dataset; of compressed pixels by their first marks. Undefined: it cannot be told. */
function syntaxOf(dataset: Uint8Array, encoding: Encoding, end: WalkEnd): string | undefined {
  if (encoding === explicitBigEndian) return transferSyntax.explicitBigEndian;
  if (encoding === implicitLittleEndian) return transferSyntax.implicitLittleEndian;
  const isEncapsulated = end.reason === 'pixel-data' && end.declaredEnd === undefined;
  if (!isEncapsulated) return transferSyntax.explicitLittleEndian;
  return transferSyntaxOfPixels(dataset.subarray(end.pixelsAt));
}

/** Group 0008, or a command group that strayed in. */
function isFirstGroup(group: number): boolean {
  return group === 0x0008 || group === 0x0000;
}

const wanted: ReadonlySet<number> = new Set([
  tag.SOPClassUID,
  tag.SOPInstanceUID,
  tag.StudyInstanceUID,
]);
