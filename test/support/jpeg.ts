import { createCoefficients, type JpegForm } from '#sync/coding/jpeg-form.ts';
import { readJpegHeader } from '#sync/coding/jpeg-header.ts';
import { readScan } from '#sync/coding/jpeg-scan-reading.ts';
import { writeScan } from '#sync/coding/jpeg-scan-writing.ts';
import { concat } from '#sync/core/bytes.ts';

/** What a test wants of a JPEG image. */
export interface TestJpeg {
  readonly columns: number;
  readonly rows: number;
  /** Horizontal * 16 + vertical sampling of each component. */
  readonly samplings: readonly number[];
  readonly restartUnits?: number;
  readonly padding?: 0 | 1;
  /** The nth coefficient of a block of a component, in place order; 0 and up is the mean. */
  coefficient(component: number, block: number, place: number): number;
}

/** A baseline JPEG image, from FF D8 to FF D9. */
export function testJpeg(wanted: TestJpeg): Uint8Array {
  const head = headerOf(wanted);
  const form = formOf(head);
  const coefficients = createCoefficients(form);
  for (const [component, values] of coefficients.entries()) {
    for (let i = 0; i < values.length; i++) {
      values[i] = wanted.coefficient(component, i >> 6, i & 63);
    }
  }
  const padding = wanted.padding ?? 1;
  const room = new Uint8Array(coefficients.reduce((sum, { length }) => sum + length * 4, 64));
  writeScan(form, coefficients, padding, room);
  const read = readScan(room, 0, form, createCoefficients(form));
  if (read === undefined) throw new TypeError('A coefficient of the test has no code');
  return concat(head, room.subarray(0, read.sizeBytes), Uint8Array.of(0xff, 0xd9));
}

function formOf(head: Uint8Array): JpegForm {
  const header = readJpegHeader(head);
  if (header === undefined) throw new TypeError('The header of the test is not sound');
  return header.form;
}

/** All codes have one length: 4 bits for means, 8 for all else. */
export function headerOf({ columns, rows, samplings, restartUnits }: TestJpeg): Uint8Array {
  const steps = Array.from({ length: 64 }, (_, index) => 3 + index);
  const dcValues = Array.from({ length: 12 }, (_, size) => size);
  const runs = Array.from({ length: 16 }, (_, run) => run);
  const sizes = Array.from({ length: 10 }, (_, size) => size + 1);
  const acValues = [0, 0xf0, ...runs.flatMap((run) => sizes.map((size) => run * 16 + size))];
  const lengths = (length: number, count: number) =>
    Array.from({ length: 16 }, (_, index) => (index === length - 1 ? count : 0));
  return concat(
    Uint8Array.of(0xff, 0xd8),
    segment(0xdb, [0, ...steps]),
    ...(restartUnits ? [segment(0xdd, [restartUnits >> 8, restartUnits & 255])] : []),
    segment(0xc0, [
      ...[8, rows >> 8, rows & 255, columns >> 8, columns & 255, samplings.length],
      ...samplings.flatMap((sampling, index) => [index + 1, sampling, 0]),
    ]),
    segment(0xc4, [0, ...lengths(4, dcValues.length), ...dcValues]),
    segment(0xc4, [0x10, ...lengths(8, acValues.length), ...acValues]),
    segment(0xda, [samplings.length, ...samplings.flatMap((_, index) => [index + 1, 0]), 0, 63, 0]),
  );
}

export function segment(marker: number, content: readonly number[]): Uint8Array {
  const length = content.length + 2;
  return Uint8Array.of(0xff, marker, length >> 8, length & 255, ...content);
}

/** A picture that moves: what stands still, what drifts, and noise that depends on `seed`. */
export function movingJpeg(frame: number, seed = 7): Uint8Array {
  return testJpeg({
    ...{ columns: 96, rows: 64, samplings: [0x21, 0x11, 0x11] },
    coefficient: (component, block, place) => {
      const noise = Math.imul(block * 64 + place + seed * 7_919, 0x2c1b3c6d) >>> 20;
      if (component > 0) return place === 0 ? 5 : 0;
      if (place === 0) return ((block * 3 + frame) % 90) - 40;
      if (block % 3 === 0) return place < 12 ? (noise % 7) - 3 : 0;
      return place < 6 ? ((noise + frame * (place % 2)) % 5) - 2 : 0;
    },
  });
}
