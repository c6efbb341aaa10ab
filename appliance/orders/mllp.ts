import { concat } from '#sync/core/bytes.ts';

const start = 0x0b;
const end = 0x1c;
const carriageReturn = 0x0d;

/** Puts the messages of one MLLP connection together (HL7 appendix C): 0BH, the message, 1CH 0DH. */
export interface MllpReader {
  /**
   * The messages that are whole now; undefined when the peer does not speak MLLP or says too much, and the connection
   * is to end. The bytes are copied.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] | undefined;
  /** A message has begun and is not whole. */
  isOpen(): boolean;
}

/** Between messages only line ends are let through: some senders put one behind each. */
export function createMllpReader(maxBytes: number): MllpReader {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let state: 'between' | 'inside' | 'ending' = 'between';
  return {
    isOpen: () => state !== 'between',
    push: (bytes) => {
      const messages: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const byte = bytes[at] ?? 0;
        if (state === 'between') {
          if (byte === start) state = 'inside';
          else if (byte !== carriageReturn && byte !== 0x0a) return undefined;
          at += 1;
        } else if (state === 'ending') {
          if (byte !== carriageReturn) return undefined;
          messages.push(concat(...pieces));
          [pieces, sizeBytes, state] = [[], 0, 'between'];
          at += 1;
        } else {
          const found = bytes.indexOf(end, at);
          const to = found < 0 ? bytes.length : found;
          sizeBytes += to - at;
          if (sizeBytes > maxBytes) return undefined;
          pieces.push(bytes.slice(at, to));
          if (found >= 0) state = 'ending';
          at = found < 0 ? to : to + 1;
        }
      }
      return messages;
    },
  };
}

/** A message as it goes over the wire. */
export function mllpFrame(message: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(start), message, Uint8Array.of(end, carriageReturn));
}
