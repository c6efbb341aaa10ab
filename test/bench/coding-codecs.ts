import dcmjsCodecs from 'dcmjs-codecs';
import type { Area } from '#sync/coding/areas.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { framesOf } from '#sync/coding/samples.ts';

/** The image codecs that are measured, by the name that dcmjs-codecs gives them. */
export const imageCodecs = ['JpegLs', 'HtJpeg2000', 'JpegXl'] as const;
export type ImageCodec = (typeof imageCodecs)[number];

const { Context, NativeCodecs } = dcmjsCodecs;

/**
 * Bytes of an object whose frames are coded by `codec` and whose header stays as it is, as a transcoder would make it.
 * A frame that the codec refuses, or makes larger, stays too. Seconds are those inside the codec.
 */
export function transcode(codec: ImageCodec, object: Uint8Array) {
  const spent = { codedBytes: object.length, encodeS: 0, decodeS: 0 };
  for (const area of areasOfObject(object)) {
    for (const frame of framesOf(area, object)) {
      const coded = codeFrame(codec, area, frame);
      if (coded === undefined || coded.bytes >= frame.length) continue;
      spent.codedBytes -= frame.length - coded.bytes;
      spent.encodeS += coded.encodeS;
      spent.decodeS += coded.decodeS;
    }
  }
  return spent;
}

export function initializeCodecs(): Promise<void> {
  return NativeCodecs.initializeAsync();
}

function codeFrame(codec: ImageCodec, { shape, rows }: Area, frame: Uint8Array) {
  const form = {
    width: shape.columns,
    height: rows,
    bitsAllocated: shape.bytesPerSample * 8,
    bitsStored: shape.bytesPerSample * 8,
    samplesPerPixel: shape.components,
    pixelRepresentation: shape.isSigned ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: shape.components === 3 ? 'RGB' : 'MONOCHROME2',
  };
  try {
    const started = performance.now();
    const context = new Context({ ...form, decodedBuffer: Uint8Array.from(frame) });
    const encoded = NativeCodecs[`encode${codec}`](context, {}).getEncodedBuffer();
    const between = performance.now();
    if (encoded === undefined) return undefined;
    NativeCodecs[`decode${codec}`](new Context({ ...form, encodedBuffer: encoded }), {});
    const ended = performance.now();
    return {
      bytes: encoded.length,
      encodeS: (between - started) / 1_000,
      decodeS: (ended - between) / 1_000,
    };
  } catch {
    return undefined;
  }
}
