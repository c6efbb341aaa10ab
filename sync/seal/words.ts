import { scryptSync } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { sha256 } from './sha256.ts';

/**
 * The eight words of a pairing (pairing design, messages): 88 bits of scrypt over the transcript and its mac, as
 * indices of 11 bits into the English list of BIP 39. Takes about 0.2 s and 64 MiB, on purpose.
 */
export function pairingWords(transcript: Uint8Array, mac: Uint8Array): readonly string[] {
  const bits = [...scryptSync(sha256(transcript, mac), 'outpost/v1/words', 11, cost)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return Array.from({ length: 8 }, (_, at) => {
    const index = Number.parseInt(bits.slice(at * 11, at * 11 + 11), 2);
    return wordlist[index] ?? '';
  });
}

/** Whether the person typed these words: case and spaces do not matter, the order does. */
export function areWordsTyped(typed: string, words: readonly string[]): boolean {
  const parts = typed.toLowerCase().split(/[\s,.-]+/);
  return parts.filter((part) => part !== '').join(' ') === words.join(' ');
}

/** 64 MiB of work memory; Node asks for some more than that. */
const cost = { N: 65_536, r: 8, p: 1, maxmem: 160 * 1024 * 1024 };
