import { base64url, concat, hex, utf8 } from '#sync/core/bytes.ts';
import { shake } from '../sync/seal/shake-random.ts';

// What must never be seen outside the clinical zone is marked, so that one search finds any of it (S5).

/** In the name of every patient, and all through the samples of every object. */
export const patientMark = 'CANARY-PATIENT';
/** The root of every UID that a modality makes. */
export const uidRoot = '1.3.6.1.4.1.99999.5';
const secretMark = 'SECRET--';

/** A private seed of 32 bytes; always the same for the same name. */
export function secretSeed(name: string): Uint8Array {
  const mark = utf8(secretMark);
  return concat(mark, shake(`simulator/${name}`, 32 - mark.length));
}

const found = new Map([
  ['a patient', [patientMark]],
  ['a UID', [uidRoot]],
  // Six bytes of the mark are eight characters of base64, whatever follows.
  ['a private key', [secretMark, hex(utf8(secretMark)), base64url(utf8(secretMark.slice(0, 6)))]],
]);

/** What `bytes` give away in the clear; undefined: nothing. */
export function leakIn(bytes: Uint8Array | string): string | undefined {
  const text = typeof bytes === 'string' ? bytes : bufferOf(bytes);
  for (const [what, marks] of found) if (marks.some((mark) => text.includes(mark))) return what;
  return undefined;
}

/** The same bytes, as what can search. */
export function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
