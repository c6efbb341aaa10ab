import type { HuffmanTable } from './jpeg-huffman.ts';

/** One component of a JPEG frame as its scan holds it. */
export interface JpegComponent {
  /** Blocks of one minimum coded unit, across and down. */
  readonly across: number;
  readonly down: number;
  /** Blocks of the whole frame, those that fill up the last units as well. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** What a coefficient is multiplied by, by place: vertical frequency * 8 + horizontal. */
  readonly steps: Uint16Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** All that a scan needs to be read or written: a baseline frame in one scan. */
export interface JpegForm {
  readonly components: readonly JpegComponent[];
  readonly unitsAcross: number;
  readonly unitsDown: number;
  /** Units from one restart marker to the next, 0 = none. */
  readonly restartUnits: number;
}

/** Coefficients of one component: 64 of each block, by place, the first one as it is and not as a difference. */
export type Coefficients = Int16Array;

export function blocksOf({ blocksAcross, blocksDown }: JpegComponent): number {
  return blocksAcross * blocksDown;
}

/** Room for the coefficients of a frame. */
export function createCoefficients({ components }: JpegForm): readonly Coefficients[] {
  return components.map((component) => new Int16Array(blocksOf(component) * 64));
}

/** Whether the coefficients of one frame lie and mean as those of the other. */
export function isAlike(a: JpegForm, b: JpegForm): boolean {
  return (
    a.components.length === b.components.length &&
    a.components.every((component, index) => {
      const other = b.components[index];
      return (
        other !== undefined &&
        component.blocksAcross === other.blocksAcross &&
        component.blocksDown === other.blocksDown &&
        component.steps.every((step, place) => step === other.steps[place])
      );
    })
  );
}

/** Place of the nth coefficient in the order of a scan (ITU-T T.81, figure 5). */
export const zigzag = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5],
  ...[12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28],
  ...[35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51],
  ...[58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);
