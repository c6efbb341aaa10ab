import type { Area } from './areas.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import {
  bucketCount,
  createQuickDecoder,
  createQuickEncoder,
  type QuickStreams,
} from './quick-frames.ts';
import { framesOf, putSamples, takeSamples } from './samples.ts';
import { fillSkeleton, skeletonBytes, skeletonOf } from './skeleton.ts';
import { fromZstd, zstdOf } from './zstd.ts';

/** Writes skeleton and streams of coding 2; answers the areas that are worth it. */
export function codeQuick(
  whole: Uint8Array,
  areas: readonly Area[],
  list: ByteList,
): readonly Area[] {
  const encoders = kinds.map((mask) => createQuickEncoder(mask));
  const kept = areas.filter((area) => {
    const encoder = encoders[area.shape.bytesPerSample - 1];
    if (encoder === undefined) return false;
    encoder.mark();
    for (const frame of framesOf(area, whole)) {
      const samples = new Uint16Array(frame.length / area.shape.bytesPerSample);
      takeSamples(frame, area, samples);
      encoder.add(samples, area.shape.columns * area.shape.components, area.shape.components);
    }
    const isWorth = encoder.bytesSinceMark() <= plainBytesOf(whole, area);
    if (!isWorth) encoder.undo();
    return isWorth;
  });
  writeStream(list, skeletonOf(whole, kept), skeletonLevel);
  for (const encoder of encoders) {
    const { buckets, escapes, lows } = encoder.taken();
    for (const stream of [...buckets, escapes, lows]) {
      list.number(stream.length);
      if (stream.length > 0) writeStream(list, stream, streamLevel);
    }
  }
  return kept;
}

/** Fills `whole`, or says why the payload does not. */
export function fillQuick(
  reader: ByteReader,
  areas: readonly Area[],
  whole: Uint8Array,
): CodingFault | undefined {
  const skeleton = readStream(reader, skeletonBytes(whole.length, areas));
  if ('kind' in skeleton) return skeleton;
  fillSkeleton(whole, areas, skeleton);
  for (const [index, mask] of kinds.entries()) {
    const mine = areas.filter(({ shape }) => shape.bytesPerSample === index + 1);
    const bytes = mine.reduce((sum, { from, to }) => sum + (to - from), 0);
    const streams = readStreams(reader, bytes / (index + 1));
    if ('kind' in streams) return streams;
    const decoder = createQuickDecoder(streams, mask);
    for (const area of mine) {
      for (const frame of framesOf(area, whole)) {
        const samples = new Uint16Array(frame.length / area.shape.bytesPerSample);
        const { columns, components } = area.shape;
        if (!decoder.fill(samples, columns * components, components)) return lacking();
        putSamples(samples, area, frame);
      }
    }
    if (!decoder.isAtEnd()) return refused('coding/size', 'a stream holds too much').fault;
  }
  return undefined;
}

/** What zstd makes of the area, of a large one by its middle: at this level it does not look far back. */
function plainBytesOf(whole: Uint8Array, { from, to }: Area): number {
  const bytes = to - from;
  const tried = bytes > triedBytes ? Math.max(triedBytes, bytes >> 2) : bytes;
  const start = from + ((bytes - tried) >> 1);
  return (zstdOf(whole.subarray(start, start + tried), 1).length * bytes) / tried;
}

function readStreams(reader: ByteReader, samples: number): QuickStreams | CodingFault {
  const streams: Uint8Array[] = [];
  // One symbol a sample, and at most two escape bytes and one low byte with it.
  let allowed = samples * 4;
  for (let index = 0; index < bucketCount + 2; index++) {
    const length = reader.number();
    if (length === undefined) return lacking();
    if (length > allowed) return refused('coding/too-large', 'a stream is too long').fault;
    allowed -= length;
    const stream = length === 0 ? new Uint8Array(0) : readStream(reader, length);
    if ('kind' in stream) return stream;
    streams.push(stream);
  }
  const buckets = streams.slice(0, bucketCount);
  const [escapes = empty, lows = empty] = streams.slice(bucketCount);
  return { buckets, escapes, lows };
}

/** A stream is one zstd frame, or the bytes as they are when that is not longer. */
export function writeStream(list: ByteList, plain: Uint8Array, level: number): void {
  const coded = zstdOf(plain, level, plain.length > longFrom);
  const stream = coded.length < plain.length ? coded : plain;
  list.number(stream.length);
  list.bytes(stream);
}

/** The other way; `plainBytes` are declared and bounded. */
export function readStream(reader: ByteReader, plainBytes: number): Uint8Array | CodingFault {
  const stream = reader.bytes(reader.number() ?? -1);
  if (stream === undefined) return lacking();
  if (stream.length === plainBytes) return stream;
  const plain = fromZstd(stream, plainBytes);
  if (!plain.ok) return plain.fault;
  return plain.value.length === plainBytes ? plain.value : lacking();
}

function lacking(): CodingFault {
  return refused('coding/size', 'a stream ends too early').fault;
}

const empty = new Uint8Array(0);
/** Largest sample of one byte, of two bytes. */
const kinds = [0xff, 0xffff] as const;
const triedBytes = 65_536;
const skeletonLevel = 9;
const streamLevel = 1;
/** Long distance matching helps where headers repeat behind megabytes. */
const longFrom = 1024 * 1024;
