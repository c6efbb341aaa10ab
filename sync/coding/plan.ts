import { type Area, rowBytes, type Shape } from './areas.ts';
import type { ByteList, ByteReader } from './byte-lists.ts';

/** Most frames in a payload, rows of a frame, and columns and components of a row, that a reader takes. */
const limits = { frames: 16_384, rows: 65_535, columns: 65_535, components: 32 } as const;

/** The areas that a plan may name; the bytes of all others are skeleton. */
export function areasWithinLimits(areas: readonly Area[]): readonly Area[] {
  let frames = 0;
  return areas.filter((area) => {
    const { columns, components } = area.shape;
    const isSmall = columns <= limits.columns && components <= limits.components && isNarrow(area);
    const more = framesIn(area);
    if (!isSmall || area.rows > limits.rows || frames + more > limits.frames) return false;
    frames += more;
    return true;
  });
}

/** Whether codings 4 and 5 take the area: their margins grow with the samples of a row. */
export function isNarrow({ shape: { columns, components } }: Area): boolean {
  return columns * components <= mostRowSamples;
}

const mostRowSamples = 131_072;

function framesIn({ from, to, rows, shape }: Area): number {
  return Math.ceil((to - from) / (rows * rowBytes(shape)));
}

/** Which bytes of the ranges are samples and how they lie; all others are the skeleton (FORMAT.md, "Plan"). */
export function writePlan(areas: readonly Area[], list: ByteList): void {
  const known: string[] = [];
  list.number(areas.length);
  let at = 0;
  for (const area of areas) {
    list.number(area.from - at);
    const name = JSON.stringify([area.shape, area.rows]);
    const index = known.indexOf(name);
    list.number(index + 1);
    if (index < 0) {
      writeShape(area, list);
      known.push(name);
    }
    list.number((area.to - area.from) / rowBytes(area.shape));
    at = area.to;
  }
}

/** The areas of a payload that stands for `wholeBytes`, ascending and apart; undefined when they are not sound. */
export function readPlan(reader: ByteReader, wholeBytes: number): readonly Area[] | undefined {
  const count = reader.number();
  // Each area takes three bytes and more of the plan, so nothing large is made of a small payload.
  if (count === undefined || count * 3 > reader.rest) return undefined;
  const known: { readonly shape: Shape; readonly rows: number }[] = [];
  const areas: Area[] = [];
  let at = 0;
  let frames = 0;
  for (let index = 0; index < count; index++) {
    const gap = reader.number();
    const named = reader.number();
    if (gap === undefined || named === undefined) return undefined;
    const form = named === 0 ? readShape(reader) : known[named - 1];
    const rows = reader.number();
    if (form === undefined || rows === undefined || rows === 0) return undefined;
    if (named === 0) known.push(form);
    const from = at + gap;
    const to = from + rows * rowBytes(form.shape);
    const area = { ...form, from, to };
    frames += framesIn(area);
    if (to > wholeBytes || frames > limits.frames) return undefined;
    areas.push(area);
    at = to;
  }
  return areas;
}

function writeShape({ shape, rows }: Area, list: ByteList): void {
  list.number(shape.columns);
  list.number(rows);
  list.number(shape.components);
  const flags = [shape.bytesPerSample === 2, shape.isBigEndian, shape.isSigned];
  list.number(flags.reduce((sum, flag, bit) => sum + (flag ? 1 << bit : 0), 0));
}

function readShape(
  reader: ByteReader,
): { readonly shape: Shape; readonly rows: number } | undefined {
  const columns = reader.number();
  const rows = reader.number();
  const components = reader.number();
  const flags = reader.number();
  if (!isWithin(columns, limits.columns) || !isWithin(rows, limits.rows)) return undefined;
  if (!isWithin(components, limits.components) || flags === undefined || flags > 7)
    return undefined;
  const shape: Shape = {
    columns,
    components,
    bytesPerSample: (flags & 1) === 0 ? 1 : 2,
    isBigEndian: (flags & 2) !== 0,
    isSigned: (flags & 4) !== 0,
  };
  return { shape, rows };
}

function isWithin(value: number | undefined, most: number): value is number {
  return value !== undefined && value >= 1 && value <= most;
}
