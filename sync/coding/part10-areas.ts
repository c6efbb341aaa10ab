import type { Area, Shape } from './areas.ts';

/**
 * Where the samples of a Part 10 object lie, from its first bytes (all in front of the pixel data and its header; the
 * whole is fine). Only a hint: a wrong answer costs bytes on the wire, never one of the object. Nothing is interpreted
 * but the few attributes that give the samples their shape; what is not understood has no areas: encapsulated,
 * deflated, video, bits packed over bytes, no pixels, no Part 10 at all. Never throws.
 *
 * Native pixels (7FE0,0010), float pixels (7FE0,0008), (7FE0,0009) and waveforms (5400,1010) are areas. An icon or
 * overlay stays in the skeleton.
 */
export function areasOfObject(head: Uint8Array, sizeBytes: number = head.length): readonly Area[] {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const meta = readMeta(view);
  if (meta === undefined || meta.syntax === deflated) return [];
  const encoding = {
    isLittle: meta.syntax !== bigEndian,
    isExplicit: meta.syntax !== implicitLittle,
  };
  const areas: Area[] = [];
  const seen = new Map<number, number>();
  walk(view, meta.end, encoding, (element) => {
    const area = areaOf(element, seen, encoding.isLittle, sizeBytes);
    if (area !== undefined) areas.push(area);
    else note(view, element, seen, encoding.isLittle);
  });
  return areas;
}

interface Encoding {
  readonly isLittle: boolean;
  readonly isExplicit: boolean;
}

interface FlatElement {
  readonly tag: number;
  readonly valueAt: number;
  readonly lengthBytes: number;
  /** 0 = of the dataset itself, more = inside sequences whose length is undefined. */
  readonly depth: number;
}

/** Transfer syntax of group 0002, and where the dataset begins. */
function readMeta(view: DataView): { readonly syntax: string; readonly end: number } | undefined {
  if (view.byteLength < 132 || view.getUint32(128) !== 0x4449434d) return undefined;
  let syntax: string | undefined;
  let end = 132;
  walk(view, 132, { isLittle: true, isExplicit: true }, ({ tag, valueAt, lengthBytes }) => {
    if (tag >>> 16 !== 2) return true;
    end = valueAt + lengthBytes;
    if (tag === 0x00020010) syntax = text(view, valueAt, lengthBytes);
    return false;
  });
  return syntax === undefined ? undefined : { syntax, end };
}

/**
 * Visits the elements one after another until one answers true or the bytes make no sense. Sequences and items of
 * undefined length are entered, as are those that lead to waveforms; all others are stepped over.
 */
function walk(
  view: DataView,
  start: number,
  encoding: Encoding,
  visit: (element: FlatElement) => unknown,
): void {
  let at = start;
  let depth = 0;
  let implicitFrom = Number.POSITIVE_INFINITY;
  while (at + 8 <= view.byteLength) {
    const isExplicit = encoding.isExplicit && depth < implicitFrom;
    const header = readHeader(view, at, { isLittle: encoding.isLittle, isExplicit });
    if (header === undefined) return;
    const { tag, vr, valueAt, lengthBytes } = header;
    at = valueAt;
    if (tag === itemEnd || tag === sequenceEnd) {
      depth = Math.max(0, depth - 1);
      if (depth < implicitFrom) implicitFrom = Number.POSITIVE_INFINITY;
    } else if (lengthBytes === undefinedLength) {
      if (pixelTags.has(tag)) return;
      depth++;
      // An unknown sequence is implicit inside (PS3.5 6.2.2).
      if (vr === vrUnknown && isExplicit) implicitFrom = Math.min(implicitFrom, depth);
    } else if (!isEntered(tag, depth)) {
      if (visit({ tag, valueAt, lengthBytes, depth }) === true) return;
      at += lengthBytes;
    }
  }
}

/** A waveform sequence is read flat, its items as well, whatever their lengths say. */
function isEntered(tag: number, depth: number): boolean {
  return tag === waveformSequence || (tag === item && depth === 0);
}

function readHeader(view: DataView, at: number, { isLittle, isExplicit }: Encoding) {
  const tag = ((view.getUint16(at, isLittle) << 16) | view.getUint16(at + 2, isLittle)) >>> 0;
  const isDelimiter = tag >>> 16 === 0xfffe;
  if (!isExplicit || isDelimiter) {
    return { tag, vr: 0, valueAt: at + 8, lengthBytes: view.getUint32(at + 4, isLittle) };
  }
  const vr = view.getUint16(at + 4);
  if (!isUpper(vr >> 8) || !isUpper(vr & 0xff)) return undefined;
  if (!longForms.has(vr)) {
    return { tag, vr, valueAt: at + 8, lengthBytes: view.getUint16(at + 6, isLittle) };
  }
  if (at + 12 > view.byteLength) return undefined;
  return { tag, vr, valueAt: at + 12, lengthBytes: view.getUint32(at + 8, isLittle) };
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

/** Keeps the numbers that give pixels or waveforms their shape. */
function note(
  view: DataView,
  { tag, valueAt, lengthBytes, depth }: FlatElement,
  seen: Map<number, number>,
  isLittle: boolean,
): void {
  const isPixelModule = tag >>> 16 === 0x0028 && depth === 0;
  if (!isPixelModule && !waveformTags.has(tag)) return;
  if (lengthBytes === 2 && valueAt + 2 <= view.byteLength) {
    seen.set(tag, view.getUint16(valueAt, isLittle));
  }
}

function areaOf(
  { tag, valueAt, lengthBytes, depth }: FlatElement,
  seen: ReadonlyMap<number, number>,
  isLittle: boolean,
  sizeBytes: number,
): Area | undefined {
  const form =
    tag === waveformData ? waveformOf(seen) : depth === 0 ? pixelsOf(tag, seen) : undefined;
  if (form === undefined) return undefined;
  const { columns, components, bytesPerSample, rows, isSigned } = form;
  const row = columns * components * bytesPerSample;
  const available = Math.min(lengthBytes, sizeBytes - valueAt);
  const isUsable = row > 0 && rows > 0;
  if (!isUsable || available < row) return undefined;
  const shape: Shape = { columns, components, bytesPerSample, isSigned, isBigEndian: !isLittle };
  return { from: valueAt, to: valueAt + available - (available % row), shape, rows };
}

type Form = Omit<Shape, 'isBigEndian'> & { readonly rows: number };

/** Samples of 32 and 64 bits are coded as halves and quarters, side by side. */
function pixelsOf(tag: number, seen: ReadonlyMap<number, number>): Form | undefined {
  if (!pixelTags.has(tag)) return undefined;
  const rows = seen.get(0x00280010) ?? 0;
  const columns = seen.get(0x00280011) ?? 0;
  const samples = seen.get(0x00280002) ?? 1;
  const isByPlane = seen.get(0x00280006) === 1;
  const components = isByPlane ? 1 : samples;
  const bits = bitsOf.get(tag) ?? seen.get(0x00280100) ?? 0;
  const isSigned = seen.get(0x00280103) === 1;
  if (bits === 1 && columns % 8 === 0) {
    return { columns: columns / 8, components, bytesPerSample: 1, rows, isSigned: false };
  }
  if (bits === 8) return { columns, components, bytesPerSample: 1, rows, isSigned };
  if (bits === 16) return { columns, components, bytesPerSample: 2, rows, isSigned };
  if (bits !== 32 && bits !== 64) return undefined;
  return {
    columns,
    components: (components * bits) / 16,
    bytesPerSample: 2,
    rows,
    isSigned: false,
  };
}

/** Channels side by side, one point in time a row (PS3.3 C.10.9.1). */
function waveformOf(seen: ReadonlyMap<number, number>): Form | undefined {
  const columns = seen.get(0x003a0005) ?? 0;
  const bits = seen.get(0x54001004) ?? 0;
  if (bits !== 8 && bits !== 16) return undefined;
  return {
    columns,
    components: 1,
    bytesPerSample: bits === 8 ? 1 : 2,
    rows: 65_535,
    isSigned: true,
  };
}

function text(view: DataView, at: number, lengthBytes: number): string {
  const end = Math.min(view.byteLength, at + Math.min(64, lengthBytes));
  let value = '';
  for (let place = at; place < end; place++) value += String.fromCharCode(view.getUint8(place));
  return value.replace(/[\0 ]+$/, '');
}

function vrOf(name: string): number {
  return (name.charCodeAt(0) << 8) | name.charCodeAt(1);
}

const deflated = '1.2.840.10008.1.2.1.99';
const bigEndian = '1.2.840.10008.1.2.2';
const implicitLittle = '1.2.840.10008.1.2';

const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const waveformSequence = 0x54000100;
const waveformData = 0x54001010;
const waveformTags: ReadonlySet<number> = new Set([0x003a0005, 0x54001004]);
const pixelTags: ReadonlySet<number> = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010]);
const bitsOf: ReadonlyMap<number, number> = new Map([
  [0x7fe00008, 32],
  [0x7fe00009, 64],
]);
const vrUnknown = vrOf('UN');
/** Value representations with a length of four bytes behind two reserved ones (PS3.5 7.1.2). */
const longForms: ReadonlySet<number> = new Set(
  ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'].map(vrOf),
);
