import type { BitCoder } from './bit-coder.ts';
import { createBlockModel } from './jpeg-block-model.ts';
import {
  blocksOf,
  type Coefficients,
  isAlike,
  type JpegComponent,
  type JpegForm,
} from './jpeg-form.ts';
import { createMeanModel } from './jpeg-mean-model.ts';
import { createSameness } from './jpeg-sameness.ts';
import type { Surroundings } from './jpeg-surroundings.ts';

/** Frames one after another, each with reference to the one before it where they are alike. */
export interface JpegFrames {
  /** An encoder reads the coefficients, a decoder fills them: they are 0 before. They are kept for the next frame. */
  code(form: JpegForm, coefficients: readonly Coefficients[]): void;
}

interface PastFrame {
  readonly form: JpegForm;
  readonly coefficients: readonly Coefficients[];
  readonly inside: readonly Uint8Array[];
  readonly edges: readonly Uint8Array[];
}

/** One model for the first component, one for all others, which are mostly colour. */
export function createJpegFrames(coder: BitCoder): JpegFrames {
  const models = [0, 1].map(() => ({
    blocks: createBlockModel(coder),
    means: createMeanModel(coder),
    sameness: createSameness(coder),
  }));
  const block = new Int16Array(64);
  let past: PastFrame | undefined;

  const codeComponent = (
    kind: number,
    component: JpegComponent,
    here: Coefficients,
    before: Coefficients | undefined,
    counts: Pick<Surroundings, 'inside' | 'edges' | 'pastInside' | 'pastEdges'>,
  ): void => {
    const model = models[kind];
    if (model === undefined) return;
    const { blocksAcross, blocksDown, steps } = component;
    const around = { here, past: before, steps, ...counts };
    model.means.openFrame(blocksOf(component), blocksAcross);
    model.sameness.openFrame(blocksOf(component), blocksAcross);
    for (let y = 0; y < blocksDown && !coder.isSpent(); y++) {
      for (let x = 0; x < blocksAcross; x++) {
        const index = y * blocksAcross + x;
        const left = x > 0 ? index - 1 : -1;
        const above = y > 0 ? index - blocksAcross : -1;
        const corner = x > 0 && y > 0 ? above - 1 : -1;
        const beside = { index, left, above, corner };
        const at = index * 64;
        if (model.sameness.code(here, before, index)) {
          model.blocks.skip(around, beside);
          model.means.skip(index, left);
          continue;
        }
        for (let i = 0; i < 64; i++) block[i] = here[at + i] as number;
        model.blocks.code(around, beside, block);
        block[0] = model.means.code(
          ...([here, before, steps, index, left, above, block] as const),
          counts.inside[index] as number,
        );
        for (let i = 0; i < 64; i++) here[at + i] = block[i] as number;
      }
    }
  };

  return {
    code: (form, coefficients) => {
      const before = past !== undefined && isAlike(past.form, form) ? past : undefined;
      const inside = form.components.map((component) => new Uint8Array(blocksOf(component)));
      const edges = form.components.map((component) => new Uint8Array(blocksOf(component) * 2));
      for (const [index, component] of form.components.entries()) {
        codeComponent(
          Math.min(1, index),
          component,
          coefficients[index] as Coefficients,
          before?.coefficients[index],
          {
            inside: inside[index] as Uint8Array,
            edges: edges[index] as Uint8Array,
            pastInside: before?.inside[index],
            pastEdges: before?.edges[index],
          },
        );
      }
      past = { form, coefficients, inside, edges };
    },
  };
}
