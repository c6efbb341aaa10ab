import { Buffer } from 'node:buffer';

/** The bytes of text whose characters are all below U+0100: UIDs, AE titles, comments. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** The text of `bytes`, one character a byte, without the padding (blank, NUL) that DICOM puts behind values. */
export function unpadded(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--;
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('latin1');
}
