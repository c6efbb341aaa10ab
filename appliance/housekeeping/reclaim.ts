import { passage } from '#sync/core/failpoint.ts';
import { tellDamaged } from './damage.ts';
import type { HousekeepingPorts, PlacedInstance } from './ports.ts';
import { reclaimPlan } from './reclaim-plan.ts';

type ReclaimPorts = Pick<
  HousekeepingPorts,
  'catalog' | 'recorder' | 'segments' | 'objects' | 'clock' | 'log'
>;

/** Why a segment stays, for the log: a place that nobody knows is never given up. */
type Kept = 'unknown-record' | 'damaged-place' | 'not-copied' | 'not-written-down';

/**
 * Gives the room of dead records back, a whole segment at a time: what is still needed in it is copied and durable
 * before the decision is, and the decision before the file goes. A kill between any two leaves the first of them
 * done and the rest to the next turn. The answer is how many segments went.
 */
export async function reclaimTurn(ports: ReclaimPorts, signal: AbortSignal): Promise<number> {
  const closed = await ports.segments.closed();
  let gone = await removeDecided(
    ports,
    closed.map(({ segment }) => segment),
  );
  const dead = new Map(
    (await ports.catalog.deadSegments()).map(({ segment, liveBytes }) => [segment, liveBytes]),
  );
  const uses = closed.flatMap(({ segment, sizeBytes }) => {
    const liveBytes = dead.get(segment);
    return liveBytes === undefined ? [] : [{ segment, sizeBytes, liveBytes }];
  });
  for (const { segment } of reclaimPlan(uses)) {
    if (signal.aborted) break;
    const kept = await reclaim(ports, segment, signal);
    if (kept === undefined) gone += 1;
    else ports.log.warn('housekeeping/segment-kept', { segment, why: kept });
  }
  return gone;
}

/** Files whose end was decided before a kill. */
async function removeDecided(ports: ReclaimPorts, present: readonly string[]): Promise<number> {
  const decided = await ports.catalog.reclaimedSegments();
  const leftovers = present.filter((segment) => decided.has(segment));
  for (const segment of leftovers) await ports.segments.remove(segment);
  return leftovers.length;
}

async function reclaim(
  ports: ReclaimPorts,
  segment: string,
  signal: AbortSignal,
): Promise<Kept | undefined> {
  const residents = await ports.catalog.residents(segment);
  if (residents.some(({ isBad }) => isBad)) return 'damaged-place';
  const copies = await ports.catalog.copies(segment);
  const known = new Set([...residents, ...copies].map(({ recordOffset }) => recordOffset));
  const graves = await ports.catalog.graves(segment);
  for await (const found of ports.segments.scan(segment)) {
    if (found.kind === 'damaged') return 'damaged-place';
    if (found.kind === 'record' && !known.has(found.recordOffset)) {
      if (!graves.has(found.recordOffset)) return 'unknown-record';
    }
  }
  for (const resident of residents) {
    if (signal.aborted || !(await moved(ports, resident))) return 'not-copied';
  }
  for (const { main } of copies) {
    if (main.segment === segment || (await ports.objects.isIntact(main))) continue;
    await tellDamaged(ports, main);
    return 'not-copied';
  }
  if (residents.length > 0) {
    passage('segment-reclaim/copied');
    await ports.objects.catalogued();
  }
  if ((await ports.catalog.unmoved(segment)) > 0) return 'not-copied';
  const fact = { fact: 'reclaimed', atMs: ports.clock.nowMs(), segment } as const;
  if (!(await ports.recorder.record([fact])).ok) return 'not-written-down';
  passage('segment-reclaim/decided');
  await ports.segments.remove(segment);
  return undefined;
}

/** Copied and read back whole; bytes that rotted are told, and their segment stays. */
async function moved(ports: ReclaimPorts, resident: PlacedInstance): Promise<boolean> {
  const copied = await ports.objects.copy(resident);
  if (copied.ok) return true;
  if (copied.fault.kind === 'store/damaged') await tellDamaged(ports, resident);
  return false;
}
