/**
 * A linear predictor that follows its signal: least squares over all it has seen, old samples forgotten little by
 * little. All arithmetic is IEEE 754 doubles in the order written here, so both ends come to the same weights
 * (FORMAT.md).
 */
export interface LeastSquares {
  /** What the next prediction is made of; the caller fills it. */
  readonly inputs: Float64Array;
  predict(): number;
  /** What the inputs should have given. */
  learn(target: number): void;
}

/** `forget` is the weight of a sample against the one after it; the weights are solved anew every `every` samples. */
export function createLeastSquares(size: number, forget: number, every: number): LeastSquares {
  const inputs = new Float64Array(size);
  /** Lower triangle of the sum of products, row behind row. */
  const products = new Float64Array((size * (size + 1)) / 2);
  const targets = new Float64Array(size);
  const weights = new Float64Array(size);
  const solve = createSolver(size, products, targets, weights);
  let gain = 1;
  let seen = 0;
  return {
    inputs,
    predict: () => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (weights[i] as number) * (inputs[i] as number);
      return sum;
    },
    learn: (target) => {
      // Newer samples count more, which is the same as older ones counting less.
      gain /= forget;
      let at = 0;
      for (let i = 0; i < size; i++) {
        const scaled = (inputs[i] as number) * gain;
        for (let j = 0; j <= i; j++) {
          products[at] = (products[at] as number) + scaled * (inputs[j] as number);
          at++;
        }
        targets[i] = (targets[i] as number) + scaled * target;
      }
      seen++;
      if (seen % every !== 0) return;
      solve(gain * ridge);
      if (gain < 1e12) return;
      for (let i = 0; i < products.length; i++) products[i] = (products[i] as number) / gain;
      for (let i = 0; i < size; i++) targets[i] = (targets[i] as number) / gain;
      gain = 1;
    },
  };
}

/** Cholesky's method; the weights stay as they were when the products do not give any. */
function createSolver(
  size: number,
  products: Float64Array,
  targets: Float64Array,
  weights: Float64Array,
): (diagonal: number) => void {
  const factor = new Float64Array(size * size);
  const inverse = new Float64Array(size);
  const half = new Float64Array(size);
  return (diagonal) => {
    let at = 0;
    for (let i = 0; i < size; i++) {
      const row = i * size;
      for (let j = 0; j <= i; j++) {
        const other = j * size;
        let sum = products[at++] as number;
        if (i === j) sum += diagonal;
        for (let k = 0; k < j; k++) {
          sum -= (factor[row + k] as number) * (factor[other + k] as number);
        }
        if (i !== j) factor[row + j] = sum * (inverse[j] as number);
        else if (sum > diagonal * 1e-6) inverse[i] = 1 / Math.sqrt(sum);
        else return;
      }
    }
    for (let i = 0; i < size; i++) {
      let sum = targets[i] as number;
      for (let k = 0; k < i; k++) sum -= (factor[i * size + k] as number) * (half[k] as number);
      half[i] = sum * (inverse[i] as number);
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = half[i] as number;
      for (let k = i + 1; k < size; k++) {
        sum -= (factor[k * size + i] as number) * (weights[k] as number);
      }
      weights[i] = sum * (inverse[i] as number);
    }
  };
}

const ridge = 8;
