import { join } from 'node:path';
import type { Delivery, DeliveryFault } from '../center/ports-delivery.ts';
import { errorCode } from '../core/error-code.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { isThere, makeDurableFolder } from './center-disk.ts';
import { writeDurably } from './durable-file.ts';

/**
 * Delivers to a folder: one Part 10 file an instance, `<SOP Instance UID>-<first 16 digits of the digest>.dcm`, mode
 * 0640, durable when it counts as stored. What has its name already is the same instance.
 */
export function createFolderDelivery(folder: string): Delivery {
  return {
    deliver: async (batch, signal, onStored) => {
      const results: Result<void, DeliveryFault>[] = [];
      for (const [index, instance] of batch.entries()) {
        const result = await attempt(async () => {
          signal.throwIfAborted();
          await makeDurableFolder(folder);
          const digest = instance.datasetSha256.slice(0, 16);
          const path = join(folder, `${instance.sopInstanceUid}-${digest}.dcm`);
          if (await isThere(path)) return;
          const pieces = untilAborted(instance.part10(), signal);
          await writeDurably(path, pieces, { as: 'delivery-file', mode: 0o640 });
        });
        if (result.ok) await onStored?.(index);
        results.push(result);
      }
      return results;
    },
    echo: () => attempt(() => makeDurableFolder(folder)),
  };
}

async function* untilAborted(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
  }
}

async function attempt(work: () => Promise<void>): Promise<Result<void, DeliveryFault>> {
  try {
    return ok(await work());
  } catch (cause) {
    return fail(
      fault(
        'delivery/unreachable',
        `Cannot write into the delivery folder: ${errorCode(cause) ?? 'stopped'}`,
        'Check the folder and its disk; it is tried again',
        'later',
        cause,
      ),
    );
  }
}
