/** Chance of the simulator: the same seed, the same world. */
export interface Chance {
  /** True with probability `p`. */
  is(p: number): boolean;
  /** A number in `[from, to)`. */
  between(from: number, to: number): number;
  /** A whole number in `[from, to]`. */
  whole(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Virtual time: it moves only to the next thing that is due. */
export interface Timeline {
  readonly chance: Chance;
  elapsedMs(): number;
  steps(): number;
  /** Runs `work` in `ms` of virtual time; what is due together runs in the order it was asked for. Returns its undo. */
  after(ms: number, work: () => void): () => void;
  /** So much time goes by in which nothing happens: what became due meanwhile comes late, one behind the other. */
  leap(ms: number): void;
  /** Runs the next thing that is due and all that follows from it without time. False: nothing is due any more. */
  step(): Promise<boolean>;
  /** Notes what happened; the last lines are printed with a violation. */
  note(line: string): void;
  lastNotes(): readonly string[];
}

interface Due {
  readonly atMs: number;
  readonly work: () => void;
}

const notesKept = 60;

export function createTimeline(seed: number, mostNotes = notesKept): Timeline {
  const queue: Due[] = [];
  const notes: string[] = [];
  let nowMs = 0;
  let steps = 0;

  return {
    chance: createChance(seed),
    elapsedMs: () => nowMs,
    steps: () => steps,
    after(ms, work) {
      const due: Due = { atMs: nowMs + Math.max(0, ms), work };
      let at = queue.length;
      while (at > 0 && (queue[at - 1]?.atMs ?? 0) > due.atMs) at--;
      queue.splice(at, 0, due);
      return () => {
        const found = queue.indexOf(due);
        if (found >= 0) queue.splice(found, 1);
      };
    },
    leap(ms) {
      nowMs += ms;
    },
    async step() {
      const due = queue.shift();
      if (due === undefined) return false;
      nowMs = Math.max(nowMs, due.atMs);
      steps++;
      due.work();
      // Everything below the ports is promises: one turn of the event loop runs all of them dry.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    },
    note(line) {
      notes.push(`${(nowMs / 1000).toFixed(3).padStart(9)} s  ${line}`);
      if (notes.length > mostNotes) notes.shift();
    },
    lastNotes: () => notes,
  };
}

/** Mulberry32: fast, and good enough to choose faults with. */
export function createChance(seed: number): Chance {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number): number =>
    from + Math.floor(fraction() * (to - from + 1));
  return {
    is: (p) => fraction() < p,
    between: (from, to) => from + fraction() * (to - from),
    whole,
    pick: (items) => {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new RangeError('Cannot pick from nothing');
      return item;
    },
  };
}
