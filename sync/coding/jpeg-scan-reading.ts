import { type Coefficients, type JpegComponent, type JpegForm, zigzag } from './jpeg-form.ts';

/** A scan that was read: how many bytes it takes, and the bits that fill up its last bytes. */
export interface ReadScan {
  readonly sizeBytes: number;
  readonly padding: 0 | 1;
}

/**
 * Reads the scan that begins at `start` into `into`, up to its last bit; what follows is not looked at. Undefined when it
 * is cut, damaged, or padded with both kinds of bits. Restart markers are where the form wants them, or it is
 * damaged. What is read may still be written otherwise: the caller compares.
 */
export function readScan(
  bytes: Uint8Array,
  start: number,
  form: JpegForm,
  into: readonly Coefficients[],
): ReadScan | undefined {
  const bits = createScanBits(bytes, start);
  const before = new Int32Array(form.components.length);
  let units = 0;
  for (let y = 0; y < form.unitsDown; y++) {
    for (let x = 0; x < form.unitsAcross; x++) {
      if (form.restartUnits > 0 && units > 0 && units % form.restartUnits === 0) {
        if (!bits.restart((units / form.restartUnits - 1) & 7)) return undefined;
        before.fill(0);
      }
      units++;
      for (const [index, component] of form.components.entries()) {
        const coefficients = into[index] as Coefficients;
        for (let v = 0; v < component.down; v++) {
          for (let h = 0; h < component.across; h++) {
            const row = y * component.down + v;
            const block = row * component.blocksAcross + x * component.across + h;
            const dc = readBlock(bits, component, before[index] as number, coefficients, block);
            if (dc === undefined) return undefined;
            before[index] = dc;
          }
        }
      }
    }
  }
  return bits.end();
}

/** Answers the first coefficient. */
function readBlock(
  bits: ScanBits,
  { dc, ac }: JpegComponent,
  before: number,
  into: Coefficients,
  block: number,
): number | undefined {
  const at = block * 64;
  const size = bits.symbol(dc.symbols);
  if (size < 0 || size > mostDcBits) return undefined;
  const first = before + bits.signed(size);
  if (first < -32_768 || first > 32_767) return undefined;
  into[at] = first;
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac.symbols);
    if (symbol < 0) return undefined;
    const length = symbol & 15;
    if (length === 0) {
      if (symbol !== zeroRun) return symbol === 0 ? first : undefined;
      k += 15;
      continue;
    }
    k += symbol >> 4;
    if (k > 63 || length > mostAcBits) return undefined;
    into[at + (zigzag[k] as number)] = bits.signed(length);
  }
  return bits.isCut() ? undefined : first;
}

interface ScanBits {
  /** The symbol that a code of the next bits means, -1 for none. */
  symbol(symbols: Uint16Array): number;
  /** `length` bits as a difference (F.2.2.1, EXTEND). */
  signed(length: number): number;
  /** Fills up the byte and takes the marker; false when it is not there. */
  restart(number: number): boolean;
  /** Whether bits behind the end were wanted. */
  isCut(): boolean;
  end(): ReadScan | undefined;
}

/** Bits from the highest, without the zeros that are stuffed behind FF. Behind a marker or the end it reads zeros. */
function createScanBits(bytes: Uint8Array, start: number): ScanBits {
  let at = start;
  let held = 0;
  let count = 0;
  let missing = 0;
  let padding = -1;
  const fillUp = (): void => {
    while (count <= 16) {
      const byte = bytes[at];
      if (byte === undefined || (byte === 0xff && bytes[at + 1] !== 0)) {
        missing += 8;
        held <<= 8;
      } else {
        at += byte === 0xff ? 2 : 1;
        held = (held << 8) | byte;
      }
      count += 8;
    }
  };
  const isCut = (): boolean => missing > count;
  /** Gives whole bytes back and looks at the bits in front of them. */
  const align = (): boolean => {
    if (isCut()) return false;
    held >>>= missing;
    let real = count - missing;
    for (; real >= 8; real -= 8) {
      at -= bytes[at - 1] === 0 && bytes[at - 2] === 0xff ? 2 : 1;
      held >>>= 8;
    }
    const rest = held & ((1 << real) - 1);
    held = 0;
    count = 0;
    missing = 0;
    if (real === 0) return true;
    const kind = rest === 0 ? 0 : rest === (1 << real) - 1 ? 1 : -1;
    if (kind < 0 || (padding >= 0 && padding !== kind)) return false;
    padding = kind;
    return true;
  };
  return {
    symbol: (symbols) => {
      fillUp();
      const found = symbols[(held >>> (count - 16)) & 0xffff] as number;
      if (found === 0) return -1;
      count -= found & 31;
      return found >> 5;
    },
    signed: (length) => {
      if (length === 0) return 0;
      fillUp();
      count -= length;
      const value = (held >>> count) & ((1 << length) - 1);
      return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
    },
    restart: (number) => {
      if (!align() || bytes[at] !== 0xff || bytes[at + 1] !== 0xd0 + number) return false;
      at += 2;
      return true;
    },
    isCut,
    end: () => (align() ? { sizeBytes: at - start, padding: padding === 0 ? 0 : 1 } : undefined),
  };
}

const zeroRun = 0xf0;
/** Of 8-bit samples (F.1.2.1.1, F.1.2.2.1). */
const mostDcBits = 11;
const mostAcBits = 10;
