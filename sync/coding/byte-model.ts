import type { BitCoder } from './bit-coder.ts';
import { trust, unseen, updated } from './counters.ts';
import { squash, stretched } from './logistic.ts';
import { createMatch } from './match.ts';

/** Fills one hash for each context from the bytes in front of `at`; `expected` is -1 or what followed the last time. */
export type FillContexts = (
  hashes: Int32Array,
  bytes: Uint8Array,
  at: number,
  expected: number,
  lengthBytes: number,
) => void;

export interface ByteModel {
  /**
   * Codes bytes `from..to` of `bytes`; a decoder fills them in. From call to call `from` goes on where `to` was, or
   * all in front of it is known to both ends.
   */
  code(bytes: Uint8Array, from: number, to: number, fill: FillContexts): void;
}

/**
 * Codes bytes bit by bit: each of nine contexts votes with a counter from a hash table, what followed the longest
 * match in the bytes before votes too, and the votes are mixed by weights that learn (FORMAT.md, "Mixed
 * bytes"). Inside a long match one decision does for a whole byte. `sizeBytes` (all that will be coded) decides the
 * memory: at most 40 MiB. `mostPlain` is how many stretches of bytes that are coded already may at most go plain before
 * the next look.
 */
export function createByteModel(coder: BitCoder, sizeBytes: number, mostPlain: number): ByteModel {
  const bits = tableBits(sizeBytes);
  const lines = (1 << (bits - 4)) - 1;
  const table = new Int32Array(contextCount << bits).fill(unseen);
  const pairs = new Int32Array(256 * 256).fill(unseen);
  const matched = new Int32Array(64).fill(unseen);
  const repeats = new Int32Array(64).fill(unseen);
  const weights = new Float64Array((3 * 256 + 16 * 8) * votesCount).fill(firstWeight);
  const hashes = new Int32Array(contextCount);
  const lineAt = new Int32Array(contextCount);
  const slots = new Int32Array(contextCount);
  const votes = new Float64Array(votesCount);
  const match = createMatch(Math.min(20, bits));
  const density = createDensity(mostPlain);

  const openLines = (seed: number): void => {
    for (let i = 0; i < contextCount; i++) {
      const hash = Math.imul((hashes[i] as number) + seed, 0x6f4f2a35);
      lineAt[i] = ((i << (bits - 4)) | ((hash >>> 9) & lines)) << 4;
    }
  };

  /** One bit: `seen` are the bits of this byte so far behind a one, `nibble` the same of its half. */
  const codeBit = (
    bit: number,
    seen: number,
    nibble: number,
    last: number,
    predicted: number,
    setA: number,
    setB: number,
    reach: number,
  ): number => {
    let sum = 0;
    for (let i = 0; i < contextCount; i++) {
      const slot = (lineAt[i] as number) + nibble;
      const counter = table[slot] as number;
      const vote = (stretched[counter >>> 20] as number) * (trust[counter & 1023] as number);
      slots[i] = slot;
      votes[i] = vote;
      sum += ((weights[setA + i] as number) + (weights[setB + i] as number)) * vote;
    }
    const pair = last * 256 + seen;
    votes[contextCount] = stretched[(pairs[pair] as number) >>> 20] as number;
    const follows = predicted < 0 ? 0 : (stretched[(matched[reach] as number) >>> 20] as number);
    votes[contextCount + 1] = predicted === 0 ? -follows : follows;
    for (let i = contextCount; i < votesCount; i++) {
      sum += ((weights[setA + i] as number) + (weights[setB + i] as number)) * (votes[i] as number);
    }
    const probability = Math.max(2, Math.min(65_534, squash(sum)));
    const found = coder.code(probability, bit);
    density.saw(found === 1 ? 65_536 - probability : probability);
    const error = ((found << 16) - probability) * (learningRate / 65_536);
    for (let i = 0; i < votesCount; i++) {
      const change = error * (votes[i] as number);
      weights[setA + i] = (weights[setA + i] as number) + change;
      weights[setB + i] = (weights[setB + i] as number) + change;
    }
    for (let i = 0; i < contextCount; i++) {
      const slot = slots[i] as number;
      table[slot] = updated(table[slot] as number, found, 127);
    }
    pairs[pair] = updated(pairs[pair] as number, found, 255);
    if (predicted >= 0) {
      matched[reach] = updated(matched[reach] as number, found === predicted ? 1 : 0, 255);
    }
    return found;
  };

  const codeByte = (byte: number, last: number, expected: number): number => {
    const reach = Math.min(63, match.lengthBytes());
    const lengthStep = expected < 0 ? 0 : 1 + Math.min(14, reach >> 1);
    let seen = 1;
    for (let place = 7; place >= 0; place--) {
      if (place === 7) openLines(0);
      else if (place === 3) openLines(Math.imul(seen, 0x2f0b4c47));
      const nibble = place > 3 ? seen : (seen & ((1 << (3 - place)) - 1)) | (1 << (3 - place));
      const isOnTrack = expected >= 0 && (expected | 256) >> (place + 1) === seen;
      const predicted = isOnTrack ? (expected >> place) & 1 : -1;
      const setA = ((predicted + 1) * 256 + seen) * votesCount;
      const setB = (3 * 256 + lengthStep * 8 + place) * votesCount;
      const bit = (byte >> place) & 1;
      seen = (seen << 1) | codeBit(bit, seen, nibble, last, predicted, setA, setB, reach);
    }
    return seen & 255;
  };

  /** Whether the byte is the expected one, all at once. */
  const codeRepeat = (byte: number, expected: number): boolean => {
    const slot = match.repeatSlot();
    const counter = repeats[slot] as number;
    const probability = Math.max(4, Math.min(65_532, counter >>> 16));
    const isRepeat = coder.code(probability, byte === expected ? 1 : 0);
    repeats[slot] = updated(counter, isRepeat, 1_000);
    return isRepeat === 1;
  };

  return {
    code: (bytes, from, to, fill) => {
      for (let at = from; at < to && !coder.isSpent(); at++) {
        const expected = match.expected(bytes);
        const given = bytes[at] as number;
        if (match.isLong() && codeRepeat(given, expected)) {
          bytes[at] = expected;
        } else if (density.isDense()) {
          bytes[at] = codePlain(coder, given);
        } else {
          fill(hashes, bytes, at, expected, match.lengthBytes());
          bytes[at] = codeByte(given, at > 0 ? (bytes[at - 1] as number) : 0, expected);
        }
        match.follow(bytes, at, expected);
      }
    },
  };
}

/**
 * Knows bytes that are coded already, such as JPEG 2000: where a block of 4 KiB gained less than about 0.4 %, the next
 * fifteen (each time four times as many, to a limit) are not worth the models, which would rather make them longer.
 */
function createDensity(mostPlain: number) {
  let stretches = 1;
  let bits = 0;
  let missed = 0;
  let plainBytes = 0;
  return {
    /** One bit was coded whose probability was off by `miss`, of 65,536. */
    saw: (miss: number): void => {
      missed += miss;
      bits++;
      if (bits < blockBits) return;
      const isDense = missed >= denseMiss * blockBits;
      if (isDense) plainBytes = stretches * 15 * (blockBits / 8);
      stretches = isDense ? Math.min(mostPlain, stretches * 4) : 1;
      bits = 0;
      missed = 0;
    },
    /** Whether the next byte goes plain; it counts as one. */
    isDense: (): boolean => {
      if (plainBytes === 0) return false;
      plainBytes--;
      return true;
    },
  };
}

function codePlain(coder: BitCoder, byte: number): number {
  let seen = 0;
  for (let place = 7; place >= 0; place--) {
    seen = seen * 2 + coder.code(32_768, (byte >> place) & 1);
  }
  return seen;
}

function tableBits(sizeBytes: number): number {
  let bits = 16;
  while (bits < 20 && 1 << bits < sizeBytes * 4) bits++;
  return bits;
}

/** Contexts that `FillContexts` fills. */
const contextCount = 9;
const votesCount = contextCount + 2;
const blockBits = 32_768;
/** Half of 65,536 would be no idea at all. */
const denseMiss = 32_584;
const firstWeight = 0.14;
const learningRate = 0.008;
