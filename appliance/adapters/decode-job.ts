import { createRequire } from 'node:module';
import { inflateRawSync } from 'node:zlib';
import { concat } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { CreateWaitingWork } from '#sync/core/worker-lane.ts';
import { type Encoding, explicitLittleEndian, implicitLittleEndian } from '#sync/dicom/element.ts';
import { framesOf } from '#sync/dicom/frames.ts';
import { fragmentsOf, type Recoding, recode, UnreadableDataset } from '#sync/dicom/recode.ts';
import { asciiText } from '#sync/dicom/text.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { encodingOf, readValues } from '#sync/dicom/values.ts';
import type { DecodeFault } from '../query/ports.ts';
import {
  decodeFrames,
  dropCodecs,
  frameSizeBytesOf,
  hasCodec,
  loadCodecs,
  type PixelModule,
} from './decode-frames.ts';

/** One dataset to decode. */
export interface DecodeJob {
  readonly dataset: Uint8Array;
  readonly transferSyntaxUid: string;
  /** Explicit or implicit little endian. */
  readonly into: string;
  /** What the decoded dataset may measure. */
  readonly mostBytes: number;
}

/** Decodes one dataset; never throws. The codecs work on what a stranger sent: run it where it may be ended. */
export async function decodeJob(job: DecodeJob): Promise<Result<Uint8Array, DecodeFault>> {
  try {
    return await decode(job);
  } catch (cause) {
    dropCodecs();
    return damaged(cause);
  }
}

/** The work of the thread that decodes. */
export const createWork: CreateWaitingWork<DecodeJob, Result<Uint8Array, DecodeFault>> =
  () => async (job) => {
    const outcome = await decodeJob(job);
    if (outcome.ok) return { answer: outcome, transfer: [outcome.value.buffer as ArrayBuffer] };
    // What a codec threw may not cross between threads.
    const { kind, message, next } = outcome.fault;
    return { answer: fail(fault(kind, message, next, outcome.fault.retry)), transfer: [] };
  };

async function decode(job: DecodeJob): Promise<Result<Uint8Array, DecodeFault>> {
  const { transferSyntaxUid, mostBytes } = job;
  const to =
    job.into === transferSyntax.implicitLittleEndian ? implicitLittleEndian : explicitLittleEndian;
  const isDeflated = transferSyntaxUid === transferSyntax.deflated;
  const dataset = isDeflated
    ? new Uint8Array(inflateRawSync(job.dataset, { maxOutputLength: mostBytes }))
    : job.dataset;
  const syntax = isDeflated ? transferSyntax.explicitLittleEndian : transferSyntaxUid;
  const view = new DataView(dataset.buffer, dataset.byteOffset, dataset.byteLength);
  const from = plain.has(syntax) ? encodingOf(view, syntax) : explicitLittleEndian;
  const module = pixelModuleOf(dataset, syntax, from);
  const vrOf = (number: number): string => vrOfAttribute(number, module);
  if (plain.has(syntax)) return ok(concat(...recode(dataset, { from, to, vrOf })));
  // Packed bits come out of the codecs as bytes, which no viewer would expect.
  if (!hasCodec(syntax) || module.bitsAllocated % 8 !== 0) {
    return fail(fault('decode/unknown-syntax', 'No decoder for its transfer syntax', next));
  }
  if (frameSizeBytesOf(module) * module.frames > mostBytes) return tooLarge();
  const frames = framesOf(fragmentsOf(dataset, from), module.frames);
  if (!frames) return damaged(new UnreadableDataset('its fragments are no frames'));
  await loadCodecs();
  const instead = insteadOf(module, decodeFrames(frames, syntax, module));
  return ok(concat(...recode(dataset, { from, to, vrOf, instead })));
}

const next = 'Ask for it in its original transfer syntax';
const plain: ReadonlySet<string> = new Set([
  transferSyntax.implicitLittleEndian,
  transferSyntax.explicitLittleEndian,
  transferSyntax.explicitBigEndian,
]);

function tooLarge(): Result<never, DecodeFault> {
  return fail(fault('decode/too-large', 'It is too large to be decoded here', next));
}

function damaged(cause: unknown): Result<never, DecodeFault> {
  const isTooLarge = cause instanceof RangeError && /too large|larger than/i.test(cause.message);
  if (isTooLarge) return tooLarge();
  return fail(fault('decode/damaged', 'It cannot be decoded', next, 'never', cause));
}

const pixel = {
  samplesPerPixel: 0x00280002,
  photometricInterpretation: 0x00280004,
  planarConfiguration: 0x00280006,
  numberOfFrames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  pixelRepresentation: 0x00280103,
  data: 0x7fe00010,
} as const;

function pixelModuleOf(dataset: Uint8Array, syntax: string, from: Encoding): PixelModule {
  const values = readValues(dataset, syntax, new Set(Object.values(pixel)))?.values;
  const number = (tag: number): number => {
    const bytes = values?.get(tag);
    if (bytes?.length !== 2) return 0;
    return new DataView(bytes.buffer, bytes.byteOffset, 2).getUint16(0, from.isLittleEndian);
  };
  return {
    rows: number(pixel.rows),
    columns: number(pixel.columns),
    bitsAllocated: number(pixel.bitsAllocated),
    bitsStored: number(pixel.bitsStored),
    samplesPerPixel: number(pixel.samplesPerPixel),
    pixelRepresentation: number(pixel.pixelRepresentation),
    planarConfiguration: number(pixel.planarConfiguration),
    photometricInterpretation: asciiText(values?.get(pixel.photometricInterpretation)),
    frames: Math.max(1, Number.parseInt(asciiText(values?.get(pixel.numberOfFrames)), 10) || 1),
  };
}

function insteadOf(
  module: PixelModule,
  decoded: ReturnType<typeof decodeFrames>,
): NonNullable<Recoding['instead']> {
  const instead = new Map([
    [pixel.data, { vr: module.bitsAllocated > 8 ? 'OW' : 'OB', value: decoded.bytes }],
  ] as [number, { vr: string; value: Uint8Array }][]);
  if (decoded.photometricInterpretation !== module.photometricInterpretation) {
    const value = new TextEncoder().encode(decoded.photometricInterpretation);
    instead.set(pixel.photometricInterpretation, { vr: 'CS', value });
  }
  if (module.samplesPerPixel > 1) {
    const value = Uint8Array.of(decoded.planarConfiguration, 0);
    instead.set(pixel.planarConfiguration, { vr: 'US', value });
  }
  return instead;
}

const dcmjs = createRequire(import.meta.url)('dcmjs') as {
  readonly data: {
    readonly DicomMetaDictionary: {
      readonly nameMap: Readonly<Record<string, { readonly tag: string; readonly vr: string }>>;
    };
  };
};

const vrs: ReadonlyMap<number, string> = new Map(
  Object.values(dcmjs.data.DicomMetaDictionary.nameMap).map(({ tag, vr }) => [
    Number.parseInt(tag.replace(/[(),]/g, ''), 16),
    vr,
  ]),
);

/** What implicit encodings leave out; where the standard has a choice, the pixels decide (PS3.5 A.1). */
function vrOfAttribute(number: number, module: PixelModule): string {
  const isPrivate = Math.floor(number / 0x10000) % 2 === 1;
  if (isPrivate) return number % 0x10000 >= 0x10 && number % 0x10000 <= 0xff ? 'LO' : 'UN';
  const vr = vrs.get(number) ?? 'UN';
  if (vr === 'xs') return module.pixelRepresentation === 1 ? 'SS' : 'US';
  if (vr === 'up') return 'UL';
  return vr === 'ox' || vr === 'lt' ? 'OW' : vr;
}
