/** The end of a program, asked for by a signal of the system or by itself. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly stopped: Promise<void>;
}

/** Stops at SIGTERM, SIGINT or when `also` aborts; a second signal ends the process the usual way. */
export function untilStopped(also?: AbortSignal): Stop {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  also?.addEventListener('abort', stop, { once: true });
  const stopped = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return { signal: controller.signal, stopped };
}
