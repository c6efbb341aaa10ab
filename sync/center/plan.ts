import { keyOf } from './instances.ts';
import type { InstanceRow } from './rows.ts';

/** Bounds of one hand-over, one association at a PACS: between two of them STAT studies are looked for anew. */
const batchLimits = { instances: 100, sizeBytes: 64 * 1024 * 1024 } as const;

/** When an instance that was refused may be tried again, by `keyOf`, in the clock's monotonic milliseconds. */
export type Pauses = ReadonlyMap<string, number>;

export interface Batch {
  readonly rows: readonly InstanceRow[];
  /** Without rows: the moment at which the first pause ends; undefined when nothing is planned. */
  readonly waitUntilMs: number | undefined;
}

/**
 * The next instances to hand over: of one study, in ledger order, within the limits (one larger object goes alone).
 * Those that were refused lately stand aside, so that they hold up nobody.
 */
export function planBatch(
  planned: readonly InstanceRow[],
  pauses: Pauses,
  monotonicMs: number,
  limits: { readonly instances: number; readonly sizeBytes: number } = batchLimits,
): Batch {
  const pauseOf = (row: InstanceRow): number => pauses.get(keyOf(row)) ?? 0;
  const ready = planned.filter((row) => pauseOf(row) <= monotonicMs);
  const study = ready[0]?.studyInstanceUid;
  const rows: InstanceRow[] = [];
  let sizeBytes = 0;
  for (const row of ready) {
    if (row.studyInstanceUid !== study || rows.length >= limits.instances) break;
    if (rows.length > 0 && sizeBytes + row.sizeBytes > limits.sizeBytes) break;
    rows.push(row);
    sizeBytes += row.sizeBytes;
  }
  const waitUntilMs =
    rows.length > 0 || planned.length === 0 ? undefined : Math.min(...planned.map(pauseOf));
  return { rows, waitUntilMs };
}
