import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#sync/core/clock.ts';
import { errorCode } from '#sync/core/error-code.ts';
import { passage } from '#sync/core/failpoint.ts';
import type { Log } from '#sync/core/log.ts';
import type { FoundEntry } from '../media/import-plan.ts';
import { carryOut, type OrderDesk } from '../orders/desk.ts';
import { maxOrderFileBytes, readOrderFile } from '../orders/order-file.ts';
import { readFully } from './disk.ts';
import { listImports, shapeOf } from './import-listing.ts';
import { rejectedName, setAside } from './import-rejected.ts';
import { watchFolder } from './watched-folder.ts';

export interface OrderFolderPorts {
  readonly desk: Pick<OrderDesk, 'place' | 'cancelNumber'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes files of orders from `dir` until `signal`. A file is read when it did not change between two looks, and
 * removed once its orders are durable; one that cannot be taken goes to `rejected/` with a line that says why.
 */
export async function orderFolder(
  config: { readonly dir: string; readonly assumedCharacterSet: string },
  ports: OrderFolderPorts,
  signal: AbortSignal,
): Promise<void> {
  await watchFolder<string>(
    { dir: config.dir, depth: 1 },
    ports.clock,
    signal,
    (before) => look(config, ports, before, signal),
    (cause) => warn(ports, cause),
  );
}

/** One look: takes what has not changed since the last one. The answer is how each file that is left looks now. */
async function look(
  config: Parameters<typeof orderFolder>[0],
  ports: OrderFolderPorts,
  before: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const now = new Map<string, string>();
  for (const entry of await listImports(config.dir, rejectedName)) {
    if (signal.aborted) break;
    const key = entry.path.join('/');
    const isDone =
      before.get(key) === entry.shape &&
      (await settle(config, entry, ports).catch((cause: unknown) => warn(ports, cause)));
    if (!isDone) now.set(key, entry.shape);
  }
  return now;
}

/** What cannot be read, set aside or removed stays, and holds up no other. */
function warn({ log }: OrderFolderPorts, cause: unknown): false {
  log.warn('appliance/order-folder', { reason: errorCode(cause) ?? 'unknown' });
  return false;
}

/** False: it stays where it is for now. */
async function settle(
  { dir, assumedCharacterSet }: Parameters<typeof orderFolder>[0],
  entry: FoundEntry,
  ports: OrderFolderPorts,
): Promise<boolean> {
  const path = join(dir, ...entry.path);
  const reject = async (reason: string): Promise<true> => {
    await setAside(dir, path, reason, ports.clock.nowMs());
    ports.log.warn('appliance/order-file-rejected');
    return true;
  };
  if (entry.kind !== 'file') return reject('It is no regular file');
  const bytes = await readSmall(path);
  if (!bytes) return false;
  const batch = readOrderFile(entry.path.at(-1) ?? '', bytes, assumedCharacterSet);
  if (!batch.ok) return reject(batch.fault.message);
  const done = await carryOut(ports.desk, batch.value);
  if (!done.ok) return done.fault.kind.startsWith('store/') ? false : reject(done.fault.message);
  passage('order-file/placed');
  const stat = await lstat(path).catch(() => undefined);
  // Another file that took the name meanwhile is not the one that was read.
  if (stat && shapeOf(stat) !== entry.shape) return false;
  await rm(path, { force: true });
  passage('order-file/removed');
  return true;
}

/** The bytes of a regular file, one more than is allowed at most, so that a larger one is recognised. */
async function readSmall(path: string): Promise<Uint8Array | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    return await readFully(file, 0, maxOrderFileBytes + 1);
  } finally {
    await file.close();
  }
}
