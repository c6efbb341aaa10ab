/**
 * Asks one question at a time. What is wanted meanwhile waits, the newest of it alone: answers come in the order of
 * their questions, so an older one never stands over a newer one. `ask` must not reject.
 */
export function newestOnly<T>(ask: (wanted: T) => Promise<void>): (wanted: T) => void {
  let isAsking = false;
  let next: { readonly wanted: T } | undefined;
  const run = async (): Promise<void> => {
    isAsking = true;
    while (next) {
      const { wanted } = next;
      next = undefined;
      await ask(wanted);
    }
    isAsking = false;
  };
  return (wanted) => {
    next = { wanted };
    if (!isAsking) void run();
  };
}
