/**
 * Waits for all loops. When one throws, `stop` is called once so that the others end too, and the first reason is
 * thrown after all have ended: no loop is left behind.
 */
export async function together(
  loops: readonly Promise<unknown>[],
  stop: () => void,
): Promise<void> {
  for (const loop of loops) loop.catch(stop);
  const ends = await Promise.allSettled(loops);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}
