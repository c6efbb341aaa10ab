import { concat, utf8 } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Element, explicitLittleEndian, readElement } from './element.ts';
import { encodeElement, encodeText } from './encode.ts';
import { tag } from './tags.ts';
import { asciiText } from './text.ts';
import type { Uid } from './types.ts';
import { parseUid, uid } from './uid.ts';
import { readValues } from './values.ts';

export type FileHeaderFault = Fault<'dicom/not-part10' | 'dicom/file-header'>;

/** What the start of a Part 10 object says (PS3.10 7.1). */
export interface FileHeader {
  /** Length of preamble, prefix and group 0002, bytes; the dataset starts there. */
  readonly fileHeaderSizeBytes: number;
  readonly transferSyntaxUid: Uid;
  readonly sopClassUid: Uid;
  readonly sopInstanceUid: Uid;
}

/** Names this software in every header it writes (PS3.10 7.1, PS3.7 D.3.3.2). */
export const implementationClassUid = uid('2.25.66166822701849264279744126058010459028');
export const implementationVersionName = 'OUTPOST_1';

/**
 * Reads the file header from the first bytes of a Part 10 object (a few KiB do; the whole is fine). The preamble may
 * hold anything. A missing or wrong group length is borne: the header then ends where group 0002 does. Some
 * files name other SOP UIDs in the header than in the dataset: the dataset's are answered, if the bytes reach that far,
 * because the dataset is what travels.
 */
export function readFileHeader(bytes: Uint8Array): Result<FileHeader, FileHeaderFault> {
  if (bytes.length < headerStart || asciiText(bytes.subarray(128, headerStart)) !== 'DICM') {
    return refused('dicom/not-part10', 'it has no preamble with DICM behind it');
  }
  const group = readGroup2(bytes);
  if (group === undefined) return refused('dicom/file-header', 'its group 0002 is damaged or cut');
  const transferSyntaxUid = parseUid(group.text(tag.TransferSyntaxUID));
  if (transferSyntaxUid === undefined) {
    return refused('dicom/file-header', 'it names no transfer syntax');
  }
  const uids = sopUidsOf(bytes.subarray(group.end), transferSyntaxUid, group);
  if (uids === undefined) {
    return refused('dicom/file-header', 'it names no legal SOP class or instance');
  }
  return ok({ fileHeaderSizeBytes: group.end, transferSyntaxUid, ...uids });
}

/** SOP class and instance of `dataset`, by its first bytes; by group 0002 where those do not tell. */
export function sopUidsOf(
  dataset: Uint8Array,
  transferSyntaxUid: string,
  group: Group2,
): { readonly sopClassUid: Uid; readonly sopInstanceUid: Uid } | undefined {
  const head = readValues(dataset.subarray(0, sopHeadBytes), transferSyntaxUid, sopTags);
  const sopUid = (inDataset: number, inHeader: number) =>
    parseUid(asciiText(head?.values.get(inDataset))) ?? parseUid(group.text(inHeader));
  const sopClassUid = sopUid(tag.SOPClassUID, tag.MediaStorageSOPClassUID);
  const sopInstanceUid = sopUid(tag.SOPInstanceUID, tag.MediaStorageSOPInstanceUID);
  return sopClassUid && sopInstanceUid && { sopClassUid, sopInstanceUid };
}

/**
 * Preamble, prefix and group 0002 of an object that came without them (PS3.10 7.1), explicit little endian; the same
 * input gives the same bytes. `sendingAeTitle` is left out when empty. The UIDs are parsed ones.
 */
export function buildFileHeader(header: {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly sendingAeTitle: string;
}): Uint8Array {
  const source = header.sendingAeTitle.replace(/[^\x20-\x7e]/g, '?').slice(0, 16);
  return encodeGroup2([
    encodeElement(tag.FileMetaInformationVersion, 'OB', Uint8Array.of(0, 1)),
    encodeText(tag.MediaStorageSOPClassUID, 'UI', header.sopClassUid),
    encodeText(tag.MediaStorageSOPInstanceUID, 'UI', header.sopInstanceUid),
    encodeText(tag.TransferSyntaxUID, 'UI', header.transferSyntaxUid),
    encodeText(tag.ImplementationClassUID, 'UI', implementationClassUid),
    encodeText(tag.ImplementationVersionName, 'SH', implementationVersionName),
    ...(source === '' ? [] : [encodeText(tag.SourceApplicationEntityTitle, 'AE', source)]),
  ]);
}

/** Group 0002 as far as its elements go. */
export interface Group2 {
  /** Where the dataset starts, bytes. */
  readonly end: number;
  text(number: number): string;
}

/** Reads group 0002 from byte `start` on; undefined when an element of it is cut. */
export function readGroup2(bytes: Uint8Array, start = headerStart): Group2 | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Map<number, Uint8Array>();
  let declaredEnd: number | undefined;
  const isComplete = () => at === declaredEnd && values.has(tag.TransferSyntaxUID);
  let at = start;
  while (!isComplete() && at + 2 <= view.byteLength && view.getUint16(at, true) === 2) {
    const element = readElement(view, at, explicitLittleEndian);
    const next = element && nextAfter(element, view.byteLength);
    if (element === undefined || next === undefined) return undefined;
    const value = bytes.subarray(element.valueAt, next);
    if (!values.has(element.tag)) values.set(element.tag, value);
    if (element.tag === tag.FileMetaInformationGroupLength && value.length === 4) {
      declaredEnd = next + view.getUint32(element.valueAt, true);
    }
    at = next;
  }
  return { end: at, text: (number) => asciiText(values.get(number)) };
}

function nextAfter(element: Element, limit: number): number | undefined {
  if (element.length === undefined) return undefined;
  const next = element.valueAt + element.length;
  return next <= limit ? next : undefined;
}

function encodeGroup2(elements: readonly Uint8Array[]): Uint8Array {
  const body = concat(...elements);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length, true);
  const preamble = new Uint8Array(128);
  const groupLength = encodeElement(tag.FileMetaInformationGroupLength, 'UL', length);
  return concat(preamble, utf8('DICM'), groupLength, body);
}

const headerStart = 132;

/** The SOP UIDs are among the first elements of a dataset. */
const sopHeadBytes = 8 * 1024;

const sopTags: ReadonlySet<number> = new Set([tag.SOPClassUID, tag.SOPInstanceUID]);

function refused(
  kind: FileHeaderFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: FileHeaderFault } {
  return fail(
    fault(kind, `Cannot read a DICOM file: ${reason}`, 'Export it again from its source'),
  );
}
