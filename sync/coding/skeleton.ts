/** Bytes `from..to` that are not skeleton. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** All bytes of `whole` outside `areas`, one after another. */
export function skeletonOf(whole: Uint8Array, areas: readonly Stretch[]): Uint8Array {
  const skeleton = new Uint8Array(skeletonBytes(whole.length, areas));
  let used = 0;
  let at = 0;
  for (const { from, to } of areas) {
    skeleton.set(whole.subarray(at, from), used);
    used += from - at;
    at = to;
  }
  skeleton.set(whole.subarray(at), used);
  return skeleton;
}

/** Puts `skeleton` back around the areas; it is as long as `skeletonBytes` says. */
export function fillSkeleton(
  whole: Uint8Array,
  areas: readonly Stretch[],
  skeleton: Uint8Array,
): void {
  let used = 0;
  let at = 0;
  for (const { from, to } of areas) {
    whole.set(skeleton.subarray(used, used + from - at), at);
    used += from - at;
    at = to;
  }
  whole.set(skeleton.subarray(used), at);
}

export function skeletonBytes(wholeBytes: number, areas: readonly Stretch[]): number {
  return areas.reduce((rest, { from, to }) => rest - (to - from), wholeBytes);
}
