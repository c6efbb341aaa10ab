/** What the samples of an area look like; all a frame coder needs to know, and all that travels. */
export interface Shape {
  /** Samples in one row of one frame, counted per component. */
  readonly columns: number;
  /** Interleaved components of one pixel: 3 for colour by pixel, 1 for planes apart. */
  readonly components: number;
  readonly bytesPerSample: 1 | 2;
  readonly isBigEndian: boolean;
  /** Two's complement: the sign bit is turned before prediction. */
  readonly isSigned: boolean;
}

/** Bytes `from..to` of a Part 10 object that hold samples, frame behind frame without a gap. */
export interface Area {
  readonly from: number;
  readonly to: number;
  readonly shape: Shape;
  /** Rows of one frame; `to - from` is a whole number of rows, and the last frame may be cut. */
  readonly rows: number;
}

/** Bytes of one row of one frame. */
export function rowBytes({ columns, components, bytesPerSample }: Shape): number {
  return columns * components * bytesPerSample;
}

/**
 * The areas of the range `from..to` of an object, in places of that range: what of an area lies outside is cut off at
 * a row, so that the range can be decoded without the rest of its object. A row that a border cuts is left
 * to the skeleton; so is all in front of the first whole frame, unless the range lies inside one frame.
 */
export function areasOfRange(areas: readonly Area[], from: number, to: number): readonly Area[] {
  return areas.flatMap((area) => cutToRange(area, from, to));
}

function cutToRange(area: Area, from: number, to: number): readonly Area[] {
  const row = rowBytes(area.shape);
  const frame = row * area.rows;
  const start = Math.ceil(Math.max(0, from - area.from) / row) * row;
  const end = Math.floor((Math.min(area.to, to) - area.from) / row) * row;
  if (end <= start) return [];
  const place = (offset: number): number => area.from + offset - from;
  const firstFrame = Math.min(end, Math.ceil(start / frame) * frame);
  const piece = (begin: number, stop: number, rows: number): readonly Area[] =>
    stop > begin ? [{ shape: area.shape, rows, from: place(begin), to: place(stop) }] : [];
  return [
    ...piece(start, firstFrame, (firstFrame - start) / row),
    ...piece(firstFrame, end, area.rows),
  ];
}

/** Some rows in the middle of the first frame, to try what they cost. */
export function someRows(area: Area): Area {
  const row = rowBytes(area.shape);
  const rows = Math.min(area.rows, (area.to - area.from) / row);
  const tried = Math.max(1, Math.min(rows, Math.floor(triedBytes / row)));
  const from = area.from + Math.floor((rows - tried) / 2) * row;
  return { ...area, rows: tried, from, to: from + tried * row };
}

const triedBytes = 32_768;
