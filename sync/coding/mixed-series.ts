import { createFrameModel, type FrameModel } from './frame-model.ts';
import type { CreateSeries } from './frame-series.ts';
import { type CodedFrame, mostDistance, referenceOf } from './references.ts';

/** The frames of coding 3: one model for one-byte, one for two-byte samples. */
export const createMixedSeries: CreateSeries = (coder) => {
  const models = new Map<number, FrameModel>();
  const past: CodedFrame[] = [];
  return {
    resembling: ({ samples, width }) => referenceOf(samples, width, past),
    code: ({ samples, width, components }, bytesPerSample, top, distance) => {
      const model = models.get(bytesPerSample) ?? createFrameModel(coder);
      models.set(bytesPerSample, model);
      const earlier = distance === 0 ? undefined : past[past.length - distance];
      const isUsable = earlier?.samples.length === samples.length && earlier.width === width;
      const misses = new Uint8Array(samples.length);
      const reference = isUsable ? earlier : undefined;
      model.code({ samples, width, components, misses, top, reference });
      past.push({ samples, misses, width });
      if (past.length > mostDistance) past.shift();
    },
  };
};
