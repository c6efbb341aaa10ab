/**
 * Least squares by Cholesky's method. The square holds the sums of products of all inputs, and in its last row those
 * of the inputs with the target: the factor's last row is then what the back substitution starts from, and its
 * leading part gives the weights of the first inputs alone.
 */
export interface Solver {
  /** Takes the lower triangle of a square of `size`, in tiles of two by two, and factorizes it. */
  factorize(size: number, tiles: Float64Array): void;
  /** The weights of the first `size` inputs. */
  solve(size: number, weights: Float64Array): void;
}

/** `ridge` is added to the diagonal: what little data says counts less. */
export function createSolver(mostSize: number, ridge: number): Solver {
  const stride = mostSize + 1;
  const square = new Float64Array((mostSize + 1) * stride);
  const inverse = new Float64Array(mostSize + 1);
  let last = 0;

  return {
    factorize: (size, tiles) => {
      last = (size - 1) * stride;
      let at = 0;
      for (let i = 0; i < size; i += 2) {
        const row = i * stride;
        for (let j = 0; j <= i; j += 2) {
          square[row + j] = tiles[at] as number;
          square[row + j + 1] = tiles[at + 1] as number;
          square[row + stride + j] = tiles[at + 2] as number;
          square[row + stride + j + 1] = tiles[at + 3] as number;
          at += 4;
        }
      }
      factorize(square, inverse, size, stride, ridge);
    },
    solve: (size, weights) => {
      for (let i = size - 1; i >= 0; i--) {
        let sum = square[last + i] as number;
        for (let k = i + 1; k < size; k++) {
          sum -= (square[k * stride + i] as number) * (weights[k] as number);
        }
        weights[i] = sum * (inverse[i] as number);
      }
    },
  };
}

/** Two rows at a time, against two columns at a time. An input that adds nothing gets the inverse 0, and so no weight. */
function factorize(
  a: Float64Array,
  inverse: Float64Array,
  size: number,
  stride: number,
  ridge: number,
): void {
  for (let i = 0; i < size; i += 2) {
    const i0 = i * stride;
    const i1 = i0 + stride;
    for (let j = 0; j < i; j += 2) {
      const j0 = j * stride;
      const j1 = j0 + stride;
      let s00 = a[i0 + j] as number;
      let s01 = a[i0 + j + 1] as number;
      let s10 = a[i1 + j] as number;
      let s11 = a[i1 + j + 1] as number;
      for (let k = 0; k < j; k++) {
        const p = a[i0 + k] as number;
        const q = a[i1 + k] as number;
        const r = a[j0 + k] as number;
        const s = a[j1 + k] as number;
        s00 -= p * r;
        s01 -= p * s;
        s10 -= q * r;
        s11 -= q * s;
      }
      const below = a[j1 + j] as number;
      s00 *= inverse[j] as number;
      s10 *= inverse[j] as number;
      a[i0 + j] = s00;
      a[i1 + j] = s10;
      a[i0 + j + 1] = (s01 - s00 * below) * (inverse[j + 1] as number);
      a[i1 + j + 1] = (s11 - s10 * below) * (inverse[j + 1] as number);
    }
    let d00 = (a[i0 + i] as number) + ridge;
    let d10 = a[i1 + i] as number;
    let d11 = (a[i1 + i + 1] as number) + ridge;
    for (let k = 0; k < i; k++) {
      const p = a[i0 + k] as number;
      const q = a[i1 + k] as number;
      d00 -= p * p;
      d10 -= p * q;
      d11 -= q * q;
    }
    inverse[i] = inverseRoot(d00, ridge);
    d10 *= inverse[i] as number;
    a[i1 + i] = d10;
    inverse[i + 1] = inverseRoot(d11 - d10 * d10, ridge);
  }
}

function inverseRoot(value: number, ridge: number): number {
  return value > ridge * 1e-6 ? 1 / Math.sqrt(value) : 0;
}
