/** Crockford's base32 alphabet: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The 5-bit values of `bytes`, most significant bits first; the length in bits must be a multiple of five. */
export function quintetsOf(bytes: Uint8Array): readonly number[] {
  const values: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      values.push((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return values;
}

/** The bytes that `values` of 5 bits spell; the inverse of `quintetsOf`. */
export function bytesOfQuintets(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const value of values) {
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(held >> bits);
      held &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(bytes);
}

/** The printed character of a value 0 to 31. */
export function characterOf(value: number): string {
  return alphabet.charAt(value);
}

/** The value of a typed character: lower case is fine, O is 0, I and L are 1; undefined when it is none. */
export function crockfordValueOf(character: string): number | undefined {
  const upper = character.toUpperCase().replace('O', '0').replace(/[IL]/, '1');
  const value = alphabet.indexOf(upper);
  return upper.length === 1 && value >= 0 ? value : undefined;
}
