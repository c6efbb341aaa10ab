import { zigzag } from './jpeg-form.ts';

/** What surrounds the blocks of a component in this frame and in the one before. */
export interface Surroundings {
  /** All coefficients of the component in this frame; those not coded yet are not looked at. */
  readonly here: Int16Array;
  /** Of the frame before; undefined without one. */
  readonly past: Int16Array | undefined;
  readonly steps: Uint16Array;
  /** How many coefficients inside each block are not 0, and how many in its first row and its first column. */
  readonly inside: Uint8Array;
  readonly edges: Uint8Array;
  readonly pastInside: Uint8Array | undefined;
  readonly pastEdges: Uint8Array | undefined;
}

/** Which blocks of this frame lie beside one, -1 where there is none. */
export interface Beside {
  readonly index: number;
  readonly left: number;
  readonly above: number;
  readonly corner: number;
}

/** Where there is no block, all is 0. */
export const noBlock = new Int16Array(64);

/** Places with a frequency in both directions, in the order of a scan. */
export const insidePlaces = zigzag.filter((place) => place > 8 && (place & 7) > 0);
