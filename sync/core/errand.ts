/** Work behind all that must be quick: woken any number of times, done step after step, never twice at a time. */
export interface Errand {
  /** There may be something to do. */
  wake(): void;
  /** Resolves when all is done, or the signal has ended the work. */
  idle(): Promise<void>;
}

/**
 * `step` does one piece of the work. True: there may be more. False: nothing is left, or it cannot be done now and
 * the next waking tries again. A step that throws ends the errand until it is woken again; `onThrown` hears of it.
 */
export function createErrand(
  step: () => Promise<boolean>,
  signal: AbortSignal,
  onThrown: (message: string) => void,
): Errand {
  let running: Promise<void> | undefined;
  let isWoken = false;

  async function run(): Promise<void> {
    while (isWoken && !signal.aborted) {
      isWoken = false;
      let isMore = true;
      while (isMore && !signal.aborted) isMore = await step();
    }
  }

  return {
    wake: () => {
      isWoken = true;
      running ??= run()
        .catch((cause: unknown) => onThrown(cause instanceof Error ? cause.message : String(cause)))
        .finally(() => {
          running = undefined;
        });
    },
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
}
