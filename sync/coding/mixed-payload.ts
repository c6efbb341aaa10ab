import { concat } from '../core/bytes.ts';
import { type Area, rowBytes, someRows } from './areas.ts';
import { type BitCoder, createBitDecoder, createBitEncoder } from './bit-coder.ts';
import { createPlaneContexts, createTextContexts } from './byte-contexts.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';
import { type ByteModel, createByteModel } from './byte-model.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import type { CreateSeries } from './frame-series.ts';
import { createNumberModel, type NumberModel } from './number-model.ts';
import { framesOf, putSamples, takeSamples, topBitsOf } from './samples.ts';
import { fillSkeleton, skeletonBytes, skeletonOf } from './skeleton.ts';

/** Writes and fills the body of a coding. */
export interface PayloadCoder {
  /** Answers the areas that are worth it; the others are skeleton. */
  code(whole: Uint8Array, areas: readonly Area[], list: ByteList): readonly Area[];
  /** Fills `whole`, or says why the payload does not. Time and memory are bounded by the length of `whole`. */
  fill(reader: ByteReader, areas: readonly Area[], whole: Uint8Array): CodingFault | undefined;
}

/** What codings 3 and 5 differ in. */
export interface MixedForm {
  readonly createSeries: CreateSeries;
  /** Of `createByteModel`. */
  readonly mostPlain: number;
}

export function createMixedCoder(form: MixedForm): PayloadCoder {
  return {
    code: (whole, areas, list) => codeMixed(form, whole, areas, list),
    fill: (reader, areas, whole) => fillMixed(form, reader, areas, whole),
  };
}

/**
 * One arithmetic code over the skeleton and then the areas, each in the way that suits it. Answers the
 * areas that are worth it; the others are skeleton.
 */
function codeMixed(
  form: MixedForm,
  whole: Uint8Array,
  areas: readonly Area[],
  list: ByteList,
): readonly Area[] {
  const coder = createBitEncoder();
  const modes = modesOf(form, whole, areas);
  const kept = areas.filter((area) => modes.has(area));
  codeSkeleton(form, coder, skeletonOf(whole, kept));
  codeAreas(form, coder, kept, whole, (area) => modes.get(area) ?? 'samples');
  list.bytes(coder.finish());
  return kept;
}

function fillMixed(
  form: MixedForm,
  reader: ByteReader,
  areas: readonly Area[],
  whole: Uint8Array,
): CodingFault | undefined {
  const stream = reader.bytes(reader.rest) ?? new Uint8Array(0);
  const coder = createBitDecoder(stream);
  const skeleton = new Uint8Array(skeletonBytes(whole.length, areas));
  codeSkeleton(form, coder, skeleton);
  fillSkeleton(whole, areas, skeleton);
  codeAreas(form, coder, areas, whole, undefined);
  return coder.isAtEnd()
    ? undefined
    : refused('coding/size', 'its stream holds too little or too much').fault;
}

/** How an area is coded: brightness to be predicted, or names to be looked up. */
type Mode = 'samples' | 'plane';

function codeSkeleton(form: MixedForm, coder: BitCoder, skeleton: Uint8Array): void {
  const model = createByteModel(coder, skeleton.length, form.mostPlain);
  model.code(skeleton, 0, skeleton.length, createTextContexts());
}

/** One function for both ways: `modeOf` is undefined for a decoder, which reads the modes. */
function codeAreas(
  form: MixedForm,
  coder: BitCoder,
  areas: readonly Area[],
  whole: Uint8Array,
  modeOf: ((area: Area) => Mode) | undefined,
): void {
  const numbers = createNumberModel(coder);
  const frames = createFrameCoder(form, coder, numbers, whole, modeOf !== undefined);
  const areaBytes = areas.reduce((sum, { from, to }) => sum + (to - from), 0);
  // One for all planes: a plan of many small ones must not ask for many tables.
  let planes: ByteModel | undefined;
  for (const area of areas) {
    if (coder.isSpent()) return;
    if (numbers.code('mode', modeOf?.(area) === 'plane' ? 1 : 0, 1) === 0) {
      frames.code(area);
      continue;
    }
    const { components, bytesPerSample } = area.shape;
    const row = rowBytes(area.shape);
    planes ??= createByteModel(coder, areaBytes, form.mostPlain);
    const contexts = createPlaneContexts(area.from, row, components * bytesPerSample);
    planes.code(whole, area.from, area.to, contexts);
  }
}

function createFrameCoder(
  form: MixedForm,
  coder: BitCoder,
  numbers: NumberModel,
  whole: Uint8Array,
  isEncoder: boolean,
): { code(area: Area): void } {
  const series = form.createSeries(coder);
  return {
    code: (area) => {
      const { bytesPerSample, columns, components } = area.shape;
      for (const bytes of framesOf(area, whole)) {
        const samples = new Uint16Array(bytes.length / bytesPerSample);
        if (isEncoder) takeSamples(bytes, area, samples);
        const frame = { samples, width: columns * components, components };
        const topBits = numbers.code('top', isEncoder ? topBitsOf(samples) : 0, 5);
        const distance = numbers.code('distance', isEncoder ? series.resembling(frame) : 0, 7);
        series.code(frame, bytesPerSample, 2 ** topBits - 1, distance);
        if (!isEncoder) putSamples(samples, area, bytes);
      }
    },
  };
}

/**
 * Tries all ways on some rows of the first, the middle and the last area of each shape. Samples learn longer than a trial
 * lasts, so the others must win clearly. An area without a mode repeats itself as text does (floating point that was
 * computed): it codes best as skeleton.
 */
function modesOf(
  form: MixedForm,
  whole: Uint8Array,
  areas: readonly Area[],
): ReadonlyMap<Area, Mode> {
  const modes = new Map<Area, Mode>();
  const shapes = Map.groupBy(areas, ({ shape, rows }) => JSON.stringify([shape, rows]));
  for (const alike of shapes.values()) {
    const tried = new Set([alike.at(0), alike.at(alike.length >> 1), alike.at(-1)]);
    const trials = [...tried].flatMap((area) => (area === undefined ? [] : [someRows(area)]));
    const [samples = 0, plane = 0] = (['samples', 'plane'] as const).map((mode) => {
      const coder = createBitEncoder();
      codeAreas(form, coder, trials, whole, () => mode);
      return coder.finish().length;
    });
    const coder = createBitEncoder();
    codeSkeleton(form, coder, concat(...trials.map(({ from, to }) => whole.subarray(from, to))));
    if (coder.finish().length < Math.min(samples, plane) * 0.9) continue;
    const mode = plane < samples * 0.95 ? 'plane' : 'samples';
    for (const area of alike) modes.set(area, mode);
  }
  return modes;
}
