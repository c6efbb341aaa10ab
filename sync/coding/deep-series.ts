import { createDeepFrames, type DeepFrames } from './deep-frames.ts';
import type { CreateSeries } from './frame-series.ts';
import type { Plane } from './plane.ts';
import { mostDistance, referenceOf } from './references.ts';

/** A frame that both ends know. */
interface PastFrame {
  readonly samples: Uint16Array;
  readonly width: number;
  readonly plane: Plane;
}

/** The frames of coding 5: one model for one-byte, one for two-byte samples; memory for references is bounded. */
export const createDeepSeries: CreateSeries = (coder) => {
  const models = new Map<number, DeepFrames>();
  const past: PastFrame[] = [];
  let places = 0;
  const forget = (): void => {
    places -= past.shift()?.plane.values.length ?? 0;
  };
  return {
    resembling: ({ samples, width }) => referenceOf(samples, width, past),
    code: ({ samples, width, components }, bytesPerSample, top, distance) => {
      const model = models.get(bytesPerSample) ?? createDeepFrames(coder);
      models.set(bytesPerSample, model);
      const earlier = distance === 0 ? undefined : past[past.length - distance];
      const isUsable =
        earlier?.samples.length === samples.length &&
        earlier.width === width &&
        earlier.plane.step === components;
      const reference = isUsable ? earlier.plane : undefined;
      const plane = model.code(samples, width, components, top, reference);
      past.push({ samples, width, plane });
      places += plane.values.length;
      while (past.length > mostDistance || places > mostPlaces) forget();
    },
  };
};

/** Samples of all references together, their margins as well. */
const mostPlaces = 2 ** 24;
