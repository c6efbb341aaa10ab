/** Where the bytes before the next one stood already, and so what may follow. */
export interface Match {
  /** The byte that followed there, -1 without a match. */
  expected(bytes: Uint8Array): number;
  lengthBytes(): number;
  /** Whether a repeat is likely enough to ask for it in one decision. */
  isLong(): boolean;
  /** Which counter knows how often a repeat went on, 0 to 63. */
  repeatSlot(): number;
  /** Byte `at` is known now. */
  follow(bytes: Uint8Array, at: number, expected: number): void;
}

/** Remembers 2^hashBits places by the six bytes in front of them. */
export function createMatch(hashBits: number): Match {
  const places = new Int32Array(1 << hashBits);
  let place = 0;
  let length = 0;
  /** Bytes that were not as expected lately: numbers that differ inside equal text. */
  let missed = 0;

  const look = (bytes: Uint8Array, at: number, candidate: number): void => {
    if (candidate === 0 || candidate === place) return;
    let reach = 0;
    while (reach < 32 && candidate > reach && bytes[candidate - 1 - reach] === bytes[at - reach]) {
      reach++;
    }
    if (reach < shortest || reach <= length) return;
    place = candidate;
    length = reach;
    missed = 0;
  };

  return {
    expected: (bytes) => (place > 0 ? (bytes[place] as number) : -1),
    lengthBytes: () => length,
    isLong: () => length >= long,
    repeatSlot: () => Math.min(15, (length - long) >> 6) * 4 + Math.min(3, missed),
    follow: (bytes, at, expected) => {
      if (bytes[at] === expected) {
        length = Math.min(longest, length + 1);
        place++;
        if (missed > 0 && (length & 15) === 0) missed--;
      } else if (expected >= 0) {
        // The same text goes on behind another number.
        missed++;
        place = missed > mostMissed ? 0 : place + 1;
        length = missed > mostMissed ? 0 : length >> 2;
        if (place === 0) missed = 0;
      }
      if (at < shortest - 1) return;
      const slot = hashOfSix(bytes, at) >>> (32 - hashBits);
      if (length < 16) look(bytes, at, places[slot] as number);
      places[slot] = at + 1;
    },
  };
}

function hashOfSix(bytes: Uint8Array, at: number): number {
  const four =
    (bytes[at] as number) |
    ((bytes[at - 1] as number) << 8) |
    ((bytes[at - 2] as number) << 16) |
    ((bytes[at - 3] as number) << 24);
  const two = (bytes[at - 4] as number) | ((bytes[at - 5] as number) << 8);
  return Math.imul(Math.imul(four, 0x2c1b3c6d) ^ Math.imul(two, 0x297a2d39), 0x1b873593);
}

const shortest = 6;
const long = 160;
const longest = 65_535;
const mostMissed = 8;
