import { concat } from '../core/bytes.ts';
import { type Area, rowBytes } from './areas.ts';
import { type BitCoder, createBitDecoder, createBitEncoder } from './bit-coder.ts';
import { createPlaneContexts, createTextContexts } from './byte-contexts.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';
import { type ByteModel, createByteModel } from './byte-model.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { createFrameModel, type FrameModel } from './frame-model.ts';
import { createNumberModel } from './number-model.ts';
import { type CodedFrame, mostDistance, referenceOf } from './references.ts';
import { framesOf, putSamples, takeSamples } from './samples.ts';
import { fillSkeleton, skeletonBytes, skeletonOf } from './skeleton.ts';

/**
 * Writes coding 3: one arithmetic code over the skeleton and then the areas, each in the way that suits it. Answers the
 * areas that are worth it; the others are skeleton.
 */
export function codeMixed(
  whole: Uint8Array,
  areas: readonly Area[],
  list: ByteList,
): readonly Area[] {
  const coder = createBitEncoder();
  const modes = modesOf(whole, areas);
  const kept = areas.filter((area) => modes.has(area));
  codeSkeleton(coder, skeletonOf(whole, kept));
  codeAreas(coder, kept, whole, (area) => modes.get(area) ?? 'samples');
  list.bytes(coder.finish());
  return kept;
}

/** Fills `whole`, or says why the payload does not. Time and memory are bounded by the length of `whole`. */
export function fillMixed(
  reader: ByteReader,
  areas: readonly Area[],
  whole: Uint8Array,
): CodingFault | undefined {
  const stream = reader.bytes(reader.rest) ?? new Uint8Array(0);
  const coder = createBitDecoder(stream);
  const skeleton = new Uint8Array(skeletonBytes(whole.length, areas));
  codeSkeleton(coder, skeleton);
  fillSkeleton(whole, areas, skeleton);
  codeAreas(coder, areas, whole, undefined);
  return coder.isAtEnd()
    ? undefined
    : refused('coding/size', 'its stream holds too little or too much').fault;
}

/** How an area is coded: brightness to be predicted, or names to be looked up. */
type Mode = 'samples' | 'plane';

function codeSkeleton(coder: BitCoder, skeleton: Uint8Array): void {
  const model = createByteModel(coder, skeleton.length);
  model.code(skeleton, 0, skeleton.length, createTextContexts());
}

/** One function for both ways: `modeOf` is undefined for a decoder, which reads the modes. */
function codeAreas(
  coder: BitCoder,
  areas: readonly Area[],
  whole: Uint8Array,
  modeOf: ((area: Area) => Mode) | undefined,
): void {
  const numbers = createNumberModel(coder);
  const frames = createFrameCoder(coder, numbers, whole, modeOf !== undefined);
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
    planes ??= createByteModel(coder, areaBytes);
    const contexts = createPlaneContexts(area.from, row, components * bytesPerSample);
    planes.code(whole, area.from, area.to, contexts);
  }
}

function createFrameCoder(
  coder: BitCoder,
  numbers: ReturnType<typeof createNumberModel>,
  whole: Uint8Array,
  isEncoder: boolean,
): { code(area: Area): void } {
  const models = new Map<number, FrameModel>();
  const past: CodedFrame[] = [];
  return {
    code: (area) => {
      const { bytesPerSample, columns, components } = area.shape;
      const width = columns * components;
      const model = models.get(bytesPerSample) ?? createFrameModel(coder);
      models.set(bytesPerSample, model);
      for (const bytes of framesOf(area, whole)) {
        const samples = new Uint16Array(bytes.length / bytesPerSample);
        if (isEncoder) takeSamples(bytes, area, samples);
        const topBits = numbers.code('top', isEncoder ? topBitsOf(samples) : 0, 5);
        const found = isEncoder ? referenceOf(samples, width, past) : 0;
        const distance = numbers.code('distance', found, 7);
        const earlier = distance === 0 ? undefined : past[past.length - distance];
        const isUsable = earlier?.samples.length === samples.length && earlier.width === width;
        const misses = new Uint8Array(samples.length);
        model.code({
          ...{ samples, width, components, misses },
          top: 2 ** topBits - 1,
          reference: isUsable ? earlier : undefined,
        });
        if (!isEncoder) putSamples(samples, area, bytes);
        past.push({ samples, misses, width });
        if (past.length > mostDistance) past.shift();
      }
    },
  };
}

/** Bits of the largest sample. */
function topBitsOf(samples: Uint16Array): number {
  let all = 0;
  for (let i = 0; i < samples.length; i++) all |= samples[i] as number;
  return 32 - Math.clz32(all);
}

/**
 * Tries all ways on some rows of the first, the middle and the last area of each shape. Samples learn longer than a trial
 * lasts, so the others must win clearly. An area without a mode repeats itself as text does (floating point that was
 * computed): it codes best as skeleton.
 */
function modesOf(whole: Uint8Array, areas: readonly Area[]): ReadonlyMap<Area, Mode> {
  const modes = new Map<Area, Mode>();
  const shapes = Map.groupBy(areas, ({ shape, rows }) => JSON.stringify([shape, rows]));
  for (const alike of shapes.values()) {
    const tried = new Set([alike.at(0), alike.at(alike.length >> 1), alike.at(-1)]);
    const trials = [...tried].flatMap((area) => (area === undefined ? [] : [trialOf(area)]));
    const [samples = 0, plane = 0] = (['samples', 'plane'] as const).map((mode) => {
      const coder = createBitEncoder();
      codeAreas(coder, trials, whole, () => mode);
      return coder.finish().length;
    });
    const coder = createBitEncoder();
    codeSkeleton(coder, concat(...trials.map(({ from, to }) => whole.subarray(from, to))));
    if (coder.finish().length < Math.min(samples, plane) * 0.9) continue;
    const mode = plane < samples * 0.95 ? 'plane' : 'samples';
    for (const area of alike) modes.set(area, mode);
  }
  return modes;
}

/** Some rows in the middle of the first frame. */
function trialOf(area: Area): Area {
  const row = rowBytes(area.shape);
  const rows = Math.min(area.rows, (area.to - area.from) / row);
  const tried = Math.max(1, Math.min(rows, Math.floor(trialBytes / row)));
  const from = area.from + Math.floor((rows - tried) / 2) * row;
  return { ...area, rows: tried, from, to: from + tried * row };
}

const trialBytes = 32_768;
