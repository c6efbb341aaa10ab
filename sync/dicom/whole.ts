import { tag } from './tags.ts';
import { transferSyntax } from './transfer-syntaxes.ts';
import { encodingOf } from './values.ts';
import { walk } from './walk.ts';

/**
 * Whether a dataset that lies in a file plainly has its end: pixels that are as long as they say, or encapsulated ones
 * that end with their delimiter. False proves nothing: a dataset without pixels may end anywhere, and a deflated
 * stream or a forgotten delimiter look unfinished too. `head` is its start (256 KiB do), `tail` its last 8 bytes.
 */
export function isPlainlyWhole(
  head: Uint8Array,
  tail: Uint8Array,
  sizeBytes: number,
  transferSyntaxUid: string,
): boolean {
  if (transferSyntaxUid === transferSyntax.deflated) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const encoding = encodingOf(view, transferSyntaxUid);
  const { reason, declaredEnd } = walk(view, encoding, () => undefined);
  if (reason !== 'pixel-data') return false;
  if (declaredEnd !== undefined) return declaredEnd <= sizeBytes;
  return tail.length === 8 && numberOf(tail) === delimiter(encoding.isLittleEndian);
}

function delimiter(isLittleEndian: boolean): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint16(0, Math.floor(tag.SequenceDelimitationItem / 0x10000), isLittleEndian);
  view.setUint16(2, tag.SequenceDelimitationItem % 0x10000, isLittleEndian);
  return view.getBigUint64(0);
}

function numberOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
}
