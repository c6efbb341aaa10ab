import { type Coefficients, type JpegComponent, type JpegForm, zigzag } from './jpeg-form.ts';

/**
 * Writes the scan of `coefficients` into `into` as an encoder without peculiarities does (ITU-T T.81 F.1.2). False when
 * it does not take exactly the bytes of `into`, or a coefficient has no code: then `into` means nothing.
 */
export function writeScan(
  form: JpegForm,
  coefficients: readonly Coefficients[],
  padding: 0 | 1,
  into: Uint8Array,
): boolean {
  const bits = createScanBits(into, padding);
  const before = new Int32Array(form.components.length);
  let units = 0;
  for (let y = 0; y < form.unitsDown; y++) {
    for (let x = 0; x < form.unitsAcross; x++) {
      if (form.restartUnits > 0 && units > 0 && units % form.restartUnits === 0) {
        bits.restart((units / form.restartUnits - 1) & 7);
        before.fill(0);
      }
      units++;
      for (const [index, component] of form.components.entries()) {
        const from = coefficients[index] as Coefficients;
        for (let v = 0; v < component.down; v++) {
          for (let h = 0; h < component.across; h++) {
            const row = y * component.down + v;
            const at = (row * component.blocksAcross + x * component.across + h) * 64;
            if (!writeBlock(bits, component, before[index] as number, from, at)) return false;
            before[index] = from[at] as number;
          }
        }
      }
    }
  }
  return bits.end();
}

function writeBlock(
  bits: ScanBits,
  { dc, ac }: JpegComponent,
  before: number,
  from: Coefficients,
  at: number,
): boolean {
  const difference = (from[at] as number) - before;
  const size = sizeOf(difference);
  if (!bits.code(dc.codes[size] as number)) return false;
  bits.signed(difference, size);
  let run = 0;
  for (let k = 1; k < 64; k++) {
    const value = from[at + (zigzag[k] as number)] as number;
    if (value === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) if (!bits.code(ac.codes[0xf0] as number)) return false;
    const length = sizeOf(value);
    if (length > 15 || !bits.code(ac.codes[run * 16 + length] as number)) return false;
    bits.signed(value, length);
    run = 0;
  }
  return (run === 0 || bits.code(ac.codes[0] as number)) && !bits.isFull();
}

function sizeOf(value: number): number {
  return 32 - Math.clz32(value < 0 ? -value : value);
}

interface ScanBits {
  /** False for a symbol without a code. */
  code(code: number): boolean;
  signed(value: number, length: number): void;
  restart(number: number): void;
  isFull(): boolean;
  end(): boolean;
}

function createScanBits(into: Uint8Array, padding: 0 | 1): ScanBits {
  let at = 0;
  let held = 0;
  let count = 0;
  const put = (value: number, length: number): void => {
    held = (held << length) | value;
    count += length;
    while (count >= 8) {
      count -= 8;
      const byte = (held >>> count) & 0xff;
      into[at++] = byte;
      if (byte === 0xff) into[at++] = 0;
    }
  };
  const align = (): void => {
    if (count > 0) put(padding === 0 ? 0 : (1 << (8 - count)) - 1, 8 - count);
  };
  return {
    code: (code) => {
      put(code >>> 5, code & 31);
      return code !== 0;
    },
    signed: (value, length) => {
      if (length > 0) put(value < 0 ? value + (1 << length) - 1 : value, length);
    },
    restart: (number) => {
      align();
      into[at++] = 0xff;
      into[at++] = 0xd0 + number;
    },
    isFull: () => at > into.length,
    end: () => {
      align();
      return at === into.length;
    },
  };
}
