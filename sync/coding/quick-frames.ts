/**
 * The frame coder of coding 2 (FORMAT.md, "Quick frames"): each sample is predicted from its neighbours, and what is
 * left goes into one of a few byte streams, chosen by how restless the neighbours are. zstd codes the streams
 * afterwards, so all that is done here is a few additions a sample.
 */
export const bucketCount = 22;

/** Streams of one kind of sample (one byte or two), filled frame by frame. */
export interface QuickStreams {
  /** One symbol a sample, in the bucket of its neighbourhood. */
  readonly buckets: readonly Uint8Array[];
  /** What did not fit a symbol, two bytes each. */
  readonly escapes: Uint8Array;
  /** Low bits of samples in restless buckets, a byte each. */
  readonly lows: Uint8Array;
}

export interface QuickEncoder {
  /** Takes one frame of `samples`, rows of `width` samples, `components` of them a pixel. */
  add(samples: Uint16Array, width: number, components: number): void;
  /** Remembers this point; `undo` forgets what was added since. */
  mark(): void;
  undo(): void;
  /** An estimate of what the frames since the mark cost, from the entropy of each stream. */
  bytesSinceMark(): number;
  taken(): QuickStreams;
}

/** `mask` is 0xff or 0xffff: the largest sample. */
export function createQuickEncoder(mask: number): QuickEncoder {
  const lists = Array.from({ length: bucketCount + 2 }, () => new Uint8Array(0));
  const used = new Int32Array(bucketCount + 2);
  const marked = new Int32Array(bucketCount + 2);
  return {
    mark: () => marked.set(used),
    undo: () => used.set(marked),
    bytesSinceMark: () =>
      lists.reduce((sum, list, index) => {
        return sum + entropyBytes(list.subarray(marked[index], used[index]));
      }, 0),
    add: (samples, width, components) => {
      for (const [index, list] of lists.entries()) {
        const room = samples.length * (index === bucketCount ? 2 : 1);
        lists[index] = grown(list, used[index] as number, room);
      }
      encodeFrame(samples, width, components, mask, { lists, used });
    },
    taken: () => {
      const taken = lists.map((list, index) => list.subarray(0, used[index]));
      return {
        buckets: taken.slice(0, bucketCount),
        escapes: taken[bucketCount] as Uint8Array,
        lows: taken[bucketCount + 1] as Uint8Array,
      };
    },
  };
}

export interface QuickDecoder {
  /** Fills one frame; false when the streams do not hold it. */
  fill(samples: Uint16Array, width: number, components: number): boolean;
  /** Whether every byte of every stream was used. */
  isAtEnd(): boolean;
}

export function createQuickDecoder(streams: QuickStreams, mask: number): QuickDecoder {
  const lists = [...streams.buckets, streams.escapes, streams.lows];
  const used = new Int32Array(lists.length);
  return {
    fill: (samples, width, components) => {
      decodeFrame(samples, width, components, mask, { lists, used });
      return lists.every((list, index) => (used[index] as number) <= list.length);
    },
    isAtEnd: () => lists.every((list, index) => used[index] === list.length),
  };
}

/** All streams of one kind of sample, and how much of each is filled or read. */
interface Filled {
  readonly lists: readonly Uint8Array[];
  readonly used: Int32Array;
}

/** Bytes of `list` behind an ideal coder of single bytes. */
function entropyBytes(list: Uint8Array): number {
  const counts = new Int32Array(256);
  for (let i = 0; i < list.length; i++) (counts[list[i] as number] as number)++;
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(list.length / count);
  return bits / 8;
}

function grown(list: Uint8Array, used: number, more: number): Uint8Array<ArrayBuffer> {
  if (used + more <= list.length) return list as Uint8Array<ArrayBuffer>;
  const next = new Uint8Array(used + more + (used >> 1));
  next.set(list.subarray(0, used));
  return next;
}

function encodeFrame(
  x: Uint16Array,
  width: number,
  step: number,
  mask: number,
  { lists, used }: Filled,
): void {
  const escapes = lists[bucketCount] as Uint8Array;
  const lows = lists[bucketCount + 1] as Uint8Array;
  const half = (mask + 1) >> 1;
  let escapeAt = used[bucketCount] as number;
  let lowAt = used[bucketCount + 1] as number;
  for (let start = 0; start < x.length; start += width) {
    for (let column = 0; column < width; column++) {
      const i = start + column;
      const context = contextOf(x, i, column, width, step);
      const bucket = context & bucketMask;
      const left = ((x[i] as number) - (context >> bucketBits)) & mask;
      const folded = left < half ? left << 1 : ((mask - left) << 1) | 1;
      const shift = shifts[bucket] as number;
      if (shift > 0) lows[lowAt++] = folded & ((1 << shift) - 1);
      const symbol = folded >> shift;
      const list = lists[bucket] as Uint8Array;
      const at = used[bucket] as number;
      used[bucket] = at + 1;
      if (symbol < 255) {
        list[at] = symbol;
      } else {
        list[at] = 255;
        escapes[escapeAt++] = symbol >> 8;
        escapes[escapeAt++] = symbol;
      }
    }
  }
  used[bucketCount] = escapeAt;
  used[bucketCount + 1] = lowAt;
}

function decodeFrame(
  x: Uint16Array,
  width: number,
  step: number,
  mask: number,
  { lists, used }: Filled,
): void {
  const escapes = lists[bucketCount] as Uint8Array;
  const lows = lists[bucketCount + 1] as Uint8Array;
  let escapeAt = used[bucketCount] as number;
  let lowAt = used[bucketCount + 1] as number;
  for (let start = 0; start < x.length; start += width) {
    for (let column = 0; column < width; column++) {
      const i = start + column;
      const context = contextOf(x, i, column, width, step);
      const bucket = context & bucketMask;
      const list = lists[bucket] as Uint8Array;
      const at = used[bucket] as number;
      used[bucket] = at + 1;
      // Behind the end of a stream all is zero; the caller finds out afterwards.
      let symbol = at < list.length ? (list[at] as number) : 0;
      if (symbol === 255) {
        if (escapeAt + 2 <= escapes.length) {
          symbol = ((escapes[escapeAt] as number) << 8) | (escapes[escapeAt + 1] as number);
        }
        escapeAt += 2;
      }
      const shift = shifts[bucket] as number;
      let folded = symbol << shift;
      if (shift > 0) {
        if (lowAt < lows.length) folded |= lows[lowAt] as number;
        lowAt++;
      }
      const left = (folded & 1) === 0 ? folded >> 1 : mask - (folded >> 1);
      x[i] = ((context >> bucketBits) + left) & mask;
    }
  }
  used[bucketCount] = escapeAt;
  used[bucketCount + 1] = lowAt;
}

const bucketBits = 5;
const bucketMask = (1 << bucketBits) - 1;

/**
 * What the neighbours of sample `i` say of it, in one number that needs no memory: the sample that they predict above
 * `bucketBits`, their bucket below. Neighbours outside of the frame are as the nearest inside.
 */
function contextOf(x: Uint16Array, i: number, column: number, width: number, step: number): number {
  const isBelow = i >= width;
  const isInside = isBelow && column >= 2 * step && column + step < width;
  const isFirst = column < step;
  let n = isBelow ? (x[i - width] as number) : 0;
  const w = isFirst ? n : (x[i - step] as number);
  if (!isBelow) n = w;
  const nw = isInside || (isBelow && !isFirst) ? (x[i - width - step] as number) : n;
  const ne = isInside || (isBelow && column + step < width) ? (x[i - width + step] as number) : n;
  const ww = isInside || column >= 2 * step ? (x[i - 2 * step] as number) : w;
  return (predict(w, n, nw) << bucketBits) | bucketOf(w, n, nw, ne, ww);
}

/** The median of left, above, and their plane (the edge detector of LOCO-I). */
function predict(w: number, n: number, nw: number): number {
  const low = Math.min(w, n);
  const high = Math.max(w, n);
  return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/** How restless the neighbours are, on a logarithmic scale. */
function bucketOf(w: number, n: number, nw: number, ne: number, ww: number): number {
  const unrest = Math.abs(w - nw) + Math.abs(n - nw) + Math.abs(n - ne) + Math.abs(w - ww);
  if (unrest < 3) return unrest;
  const bits = 31 - Math.clz32(unrest);
  // 3, 4-5, 6-7, 8-11, 12-15, ...
  const bucket = bits * 2 + ((unrest >> (bits - 1)) & 1);
  return bucket < bucketCount ? bucket : bucketCount - 1;
}

const shifts = Uint8Array.from({ length: bucketCount }, (_, bucket) =>
  Math.max(0, (bucket >> 1) - 6),
);
