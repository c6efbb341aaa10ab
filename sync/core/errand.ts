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
  let isWoken = false;
  let isRunning = false;
  let over = Promise.resolve();

  /** The last look at `isWoken` and the end are one: no waking falls between them. */
  async function run(): Promise<void> {
    isRunning = true;
    while (isWoken && !signal.aborted) {
      isWoken = false;
      try {
        while (!signal.aborted && (await step()));
      } catch (cause) {
        onThrown(cause instanceof Error ? cause.message : String(cause));
      }
    }
    isRunning = false;
  }

  return {
    wake: () => {
      isWoken = true;
      if (!isRunning) over = run();
    },
    idle: async () => {
      while (isRunning) await over;
    },
  };
}
