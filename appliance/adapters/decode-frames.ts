import dcmjsCodecs, { type Context } from 'dcmjs-codecs';
import { claimedSizeOf } from '#sync/dicom/code-stream.ts';
import { UnreadableDataset } from '#sync/dicom/recode.ts';

/** What the codecs have to know of an image (PS3.3 C.7.6.3). */
export interface PixelModule {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samplesPerPixel: number;
  readonly pixelRepresentation: number;
  readonly planarConfiguration: number;
  readonly photometricInterpretation: string;
  readonly frames: number;
}

export interface DecodedPixels {
  readonly bytes: Uint8Array;
  readonly photometricInterpretation: string;
  readonly planarConfiguration: number;
}

const { Context: CodecContext, NativeCodecs } = dcmjsCodecs;

/** Loads the codecs; once before the first frame. */
export async function loadCodecs(): Promise<void> {
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
}

/** Lets the codecs go: after a failure their memory is in an unknown state. */
export function dropCodecs(): void {
  NativeCodecs.release();
}

type Decode = (context: Context, options?: object) => Context;

/** The codec of each transfer syntax that can be decoded here. */
const codecs: Readonly<Record<string, Decode>> = {
  '1.2.840.10008.1.2.4.50': decodeJpeg,
  '1.2.840.10008.1.2.4.51': decodeJpeg,
  '1.2.840.10008.1.2.4.53': decodeJpeg,
  '1.2.840.10008.1.2.4.55': decodeJpeg,
  '1.2.840.10008.1.2.4.57': decodeJpeg,
  '1.2.840.10008.1.2.4.70': decodeJpeg,
  '1.2.840.10008.1.2.4.80': (context) => NativeCodecs.decodeJpegLs(context),
  '1.2.840.10008.1.2.4.81': (context) => NativeCodecs.decodeJpegLs(context),
  '1.2.840.10008.1.2.4.90': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.91': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.110': (context) => NativeCodecs.decodeJpegXl(context),
  '1.2.840.10008.1.2.4.111': (context) => NativeCodecs.decodeJpegXl(context),
  '1.2.840.10008.1.2.4.112': (context) => NativeCodecs.decodeJpegXl(context),
  '1.2.840.10008.1.2.4.201': (context) => NativeCodecs.decodeHtJpeg2000(context),
  '1.2.840.10008.1.2.4.202': (context) => NativeCodecs.decodeHtJpeg2000(context),
  '1.2.840.10008.1.2.4.203': (context) => NativeCodecs.decodeHtJpeg2000(context),
  '1.2.840.10008.1.2.5': (context) => NativeCodecs.decodeRle(context),
};

/** Whether pixels in this transfer syntax can be decoded. */
export function hasCodec(transferSyntaxUid: string): boolean {
  return Object.hasOwn(codecs, transferSyntaxUid);
}

/** Colour comes out as RGB where the code stream says that it is something else. */
function decodeJpeg(context: Context): Context {
  const isRgb = context.getPhotometricInterpretation() === 'RGB';
  return NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: !isRgb });
}

/** Decodes all frames, one after another. Throws what the codec throws, or `UnreadableDataset`. */
export function decodeFrames(
  frames: readonly Uint8Array[],
  transferSyntaxUid: string,
  module: PixelModule,
): DecodedPixels {
  const codec = codecs[transferSyntaxUid];
  if (!codec) throw new RangeError('No codec for this transfer syntax');
  const { rows: height, columns: width } = module;
  const frameSizeBytes = frameSizeBytesOf(module);
  const bytes = new Uint8Array(frameSizeBytes * frames.length);
  let photometricInterpretation = module.photometricInterpretation;
  for (const [index, encodedBuffer] of frames.entries()) {
    const claimed = claimedSizeOf(encodedBuffer);
    // A code stream that speaks of another size would have the codec take memory for it.
    if (claimed && (claimed.height !== height || claimed.width !== width)) {
      throw new UnreadableDataset('a code stream is of another size than the image');
    }
    const out = codec(new CodecContext({ ...module, height, width, encodedBuffer }));
    const frame = out.getDecodedBuffer();
    if (frame?.length !== frameSizeBytes) throw new UnreadableDataset('a frame has another size');
    bytes.set(frame, index * frameSizeBytes);
    photometricInterpretation = out.getPhotometricInterpretation() ?? photometricInterpretation;
  }
  const isColour = module.samplesPerPixel > 1;
  if (isColour && decodesToRgb.test(transferSyntaxUid)) photometricInterpretation = 'RGB';
  // RLE keeps the planes as the attribute says; the others give pixel by pixel.
  const planarConfiguration = transferSyntaxUid === rle ? module.planarConfiguration : 0;
  return { bytes, photometricInterpretation, planarConfiguration };
}

/** Bytes of one decoded frame. */
export function frameSizeBytesOf(module: PixelModule): number {
  const { rows, columns, samplesPerPixel, bitsAllocated } = module;
  return rows * columns * samplesPerPixel * Math.ceil(bitsAllocated / 8);
}

const rle = '1.2.840.10008.1.2.5';
/** JPEG 2000 with its colour transform undone (PS3.5 8.2.4), JPEG as `decodeJpeg` asks for it. */
const decodesToRgb = /^1\.2\.840\.10008\.1\.2\.4\.(?:5\d|70|9\d|20\d)$/;
