import { type JpegComponent, type JpegForm, zigzag } from './jpeg-form.ts';
import { createHuffmanTable, type HuffmanTable } from './jpeg-huffman.ts';

/** A frame that can be coded, and where its scan begins. */
export interface JpegHeader {
  readonly form: JpegForm;
  /** Bytes from the start of the image to the first byte of the scan. */
  readonly sizeBytes: number;
}

/**
 * Reads the segments from the start of an image (FF D8) to the scan. Undefined for all that is not a frame of sequential
 * Huffman coding with 8 bits a sample in one scan (ITU-T T.81: SOF0, SOF1), or not sound: it stays as it is. Never
 * throws; `bytes` may go on behind the header.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const found: Found = {
    ...{ steps: new Map(), tables: new Map(), tablesMade: 0 },
    ...{ frame: undefined, restartUnits: 0 },
  };
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] as number;
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    const end = at + 2 + length;
    if (bytes[at] !== 0xff || length < 2 || end > bytes.length) return undefined;
    const segment = bytes.subarray(at + 4, end);
    if (marker === startOfScan) {
      const form = formOf(segment, found);
      return form && { form, sizeBytes: end };
    }
    if (!readSegment(marker, segment, found)) return undefined;
    at = end;
  }
  return undefined;
}

interface Found {
  readonly steps: Map<number, Uint16Array>;
  /** By class * 16 + destination. */
  readonly tables: Map<number, HuffmanTable>;
  tablesMade: number;
  frame: FrameHeader | undefined;
  restartUnits: number;
}

interface FrameHeader {
  readonly rows: number;
  readonly columns: number;
  readonly components: ReadonlyMap<number, { across: number; down: number; steps: number }>;
}

/** False when it makes the frame one that is not coded. */
function readSegment(marker: number, segment: Uint8Array, found: Found): boolean {
  if (marker === 0xdb) return readSteps(segment, found.steps);
  if (marker === 0xc4) return readTables(segment, found);
  if (marker === 0xdd) {
    found.restartUnits = wordAt(segment, 0);
    return segment.length === 2;
  }
  if (marker === 0xc0 || marker === 0xc1) {
    if (found.frame !== undefined) return false;
    found.frame = frameOf(segment);
    return found.frame !== undefined;
  }
  // Application segments and comments say nothing about the scan; other frames and arithmetic coding are not for us.
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

function readSteps(segment: Uint8Array, steps: Map<number, Uint16Array>): boolean {
  for (let at = 0; at < segment.length; at += 65) {
    // Precision 0: steps of 8 bits (B.2.4.1).
    const name = segment[at] as number;
    if (name > 3 || at + 65 > segment.length) return false;
    const table = new Uint16Array(64);
    for (let i = 0; i < 64; i++) table[zigzag[i] as number] = segment[at + 1 + i] as number;
    if (table.includes(0)) return false;
    steps.set(name, table);
  }
  return true;
}

function readTables(segment: Uint8Array, found: Found): boolean {
  let at = 0;
  while (at < segment.length) {
    const name = segment[at] as number;
    const lengths = segment.subarray(at + 1, at + 17);
    const count = lengths.reduce((sum, each) => sum + each, 0);
    const values = segment.subarray(at + 17, at + 17 + count);
    if ((name & 0xec) !== 0 || lengths.length < 16 || values.length < count) return false;
    if (++found.tablesMade > mostTables) return false;
    const table = createHuffmanTable(lengths, values);
    if (table === undefined) return false;
    found.tables.set(name, table);
    at += 17 + count;
  }
  return true;
}

function frameOf(segment: Uint8Array): FrameHeader | undefined {
  const [precision, , , , , count = 0] = segment;
  const rows = wordAt(segment, 1);
  const columns = wordAt(segment, 3);
  if (precision !== 8 || rows === 0 || columns === 0) return undefined;
  if (count < 1 || count > 4 || segment.length !== 6 + count * 3) return undefined;
  const components = new Map<number, { across: number; down: number; steps: number }>();
  for (let at = 6; at < segment.length; at += 3) {
    const [name = 0, sampling = 0, steps = 0] = segment.subarray(at, at + 3);
    const across = sampling >> 4;
    const down = sampling & 15;
    if (across < 1 || across > 4 || down < 1 || down > 4 || components.has(name)) return undefined;
    components.set(name, { across, down, steps });
  }
  return { rows, columns, components };
}

/** All components in one scan, in the order of the scan. */
function formOf(segment: Uint8Array, found: Found): JpegForm | undefined {
  const { frame, restartUnits } = found;
  const count = segment[0] ?? 0;
  if (frame === undefined || count !== frame.components.size) return undefined;
  if (segment.length !== 4 + count * 2) return undefined;
  // Spectral selection and approximation of a sequential scan are fixed (B.2.3).
  if (segment[1 + count * 2] !== 0 || segment[2 + count * 2] !== 63 || segment.at(-1) !== 0)
    return undefined;
  const declared = [...frame.components.values()];
  const isAlone = count === 1;
  const most = (of: 'across' | 'down'): number =>
    isAlone ? 1 : Math.max(...declared.map((component) => component[of]));
  const unitsAcross = Math.ceil(frame.columns / (8 * most('across')));
  const unitsDown = Math.ceil(frame.rows / (8 * most('down')));
  const components: JpegComponent[] = [];
  const seen = new Set<number>();
  for (let at = 1; at < 1 + count * 2; at += 2) {
    const name = segment[at] as number;
    const tables = segment[at + 1] as number;
    const component = frame.components.get(name);
    if (component === undefined || seen.has(name)) return undefined;
    seen.add(name);
    const steps = found.steps.get(component.steps);
    const dc = found.tables.get(tables >> 4);
    const ac = found.tables.get(16 + (tables & 15));
    if (steps === undefined || dc === undefined || ac === undefined) return undefined;
    // One component alone is not interleaved: its unit is one block, whatever its sampling (A.2.2).
    const across = isAlone ? 1 : component.across;
    const down = isAlone ? 1 : component.down;
    const blocksAcross = unitsAcross * across;
    const blocksDown = unitsDown * down;
    components.push({ across, down, blocksAcross, blocksDown, steps, dc, ac });
  }
  const blocks = components.reduce((sum, each) => sum + each.blocksAcross * each.blocksDown, 0);
  if (blocks > mostBlocks) return undefined;
  return { components, unitsAcross, unitsDown, restartUnits };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

const startOfScan = 0xda;
/** Twice as many as a scan can use: making one takes longer than reading it. */
const mostTables = 16;
/** 16 million samples; their coefficients take 32 MiB. */
const mostBlocks = 2 ** 18;
