import { type Area, someRows } from './areas.ts';
import { type BitCoder, createBitDecoder, createBitEncoder } from './bit-coder.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { createFittedFrames, type FittedFrames } from './fitted-frames.ts';
import { createNumberModel } from './number-model.ts';
import { readStream, writeStream } from './quick-payload.ts';
import { framesOf, putSamples, takeSamples, topBitsOf } from './samples.ts';
import { fillSkeleton, skeletonBytes, skeletonOf } from './skeleton.ts';
import { zstdOf } from './zstd.ts';

/**
 * Writes coding 4: the skeleton as one zstd frame, then one arithmetic code over the areas; answers those that are
 * worth it.
 */
export function codeFitted(
  whole: Uint8Array,
  areas: readonly Area[],
  list: ByteList,
): readonly Area[] {
  const kept = areas.filter((area) => isWorth(whole, area));
  writeStream(list, skeletonOf(whole, kept), skeletonLevel);
  const coder = createBitEncoder();
  codeAreas(coder, kept, whole, true);
  list.bytes(coder.finish());
  return kept;
}

/** Fills `whole`, or says why the payload does not. Time and memory are bounded by the length of `whole`. */
export function fillFitted(
  reader: ByteReader,
  areas: readonly Area[],
  whole: Uint8Array,
): CodingFault | undefined {
  const skeleton = readStream(reader, skeletonBytes(whole.length, areas));
  if ('kind' in skeleton) return skeleton;
  fillSkeleton(whole, areas, skeleton);
  const coder = createBitDecoder(reader.bytes(reader.rest) ?? new Uint8Array(0));
  codeAreas(coder, areas, whole, false);
  return coder.isAtEnd()
    ? undefined
    : refused('coding/size', 'its stream holds too little or too much').fault;
}

/** One function for both ways. */
function codeAreas(
  coder: BitCoder,
  areas: readonly Area[],
  whole: Uint8Array,
  isEncoder: boolean,
): void {
  const numbers = createNumberModel(coder);
  const models = new Map<number, FittedFrames>();
  for (const area of areas) {
    const { bytesPerSample, columns, components } = area.shape;
    const model = models.get(bytesPerSample) ?? createFittedFrames(coder);
    models.set(bytesPerSample, model);
    for (const bytes of framesOf(area, whole)) {
      if (coder.isSpent()) return;
      const samples = new Uint16Array(bytes.length / bytesPerSample);
      if (isEncoder) takeSamples(bytes, area, samples);
      const topBits = numbers.code('top', isEncoder ? topBitsOf(samples) : 0, 5);
      model.code(samples, columns * components, components, 2 ** topBits - 1);
      if (!isEncoder) putSamples(samples, area, bytes);
    }
  }
}

/**
 * Whether samples cost less than zstd makes of the bytes. Some rows in the middle stand for all: they are the
 * busiest, but zstd is given the whole area, where a mask or a drawing repeats itself.
 */
function isWorth(whole: Uint8Array, area: Area): boolean {
  const tried = someRows(area);
  const coder = createBitEncoder();
  codeAreas(coder, [tried], whole, true);
  const times = (area.to - area.from) / (tried.to - tried.from);
  const plain = zstdOf(whole.subarray(area.from, area.to), plainLevel).length;
  return coder.finish().length * times <= plain;
}

const plainLevel = 3;
const skeletonLevel = 9;
