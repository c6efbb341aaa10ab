/** A thread that does one job at a time, in order, and is replaced when it dies or takes too long over one. */
export interface WorkerLane<Job, Answer extends object> {
  /**
   * `ended`: the thread died over this job. `late`: the job took longer than `limitMs`, so the thread was stopped. Buffers
   * in `transfer` are handed over and no longer usable. Never rejects.
   */
  ask(job: Job, transfer?: readonly ArrayBuffer[]): Promise<Answer | 'ended' | 'late'>;
  /** Stops the thread; jobs that wait are answered `ended`. */
  close(): Promise<void>;
}

export interface WorkerLaneOptions {
  /** Handed to `createWork` of the module. */
  readonly data?: unknown;
  /** Most memory of the JavaScript heap, MiB; buffers lie outside, so the job itself has to bound them. */
  readonly heapMiB: number;
  /** Longest time of one job, milliseconds. */
  readonly limitMs: number;
  /** The thread starts with the lane, and so has done what `createWork` does before the first job comes. */
  readonly startsAtOnce?: boolean;
  /** A thread without work for so long ends, and its memory with it; without this it stays. */
  readonly idleMs?: number;
}

/**
 * Opens a lane; its thread starts with the first job unless the options say otherwise. `module` exports `createWork`, a
 * `CreateWork`.
 */
export type OpenWorkerLane = <Job, Answer extends object>(
  module: URL,
  options: WorkerLaneOptions,
) => WorkerLane<Job, Answer>;

/** The same for work that waits, for the disk say; the lane still does one job at a time. */
export type CreateWaitingWork<Job, Answer extends object> = (
  data: unknown,
) => (job: Job) => Promise<{ readonly answer: Answer; readonly transfer: readonly ArrayBuffer[] }>;

/** What a module of a thread makes of `data`: the work on one job, and buffers of the answer to be handed over. */
export type CreateWork<Job, Answer extends object> = (
  data: unknown,
) => (job: Job) => { readonly answer: Answer; readonly transfer: readonly ArrayBuffer[] };
