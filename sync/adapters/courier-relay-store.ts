import type { CourierSource, WaitingPack } from '../agent/ports-courier.ts';
import { hex } from '../core/bytes.ts';
import { ok } from '../core/result.ts';
import { fixedHeaderSize, parseHeader } from '../seal/header.ts';
import { largestPackSizeBytes } from '../wire/limits.ts';
import { openPackStore } from './pack-store-folder.ts';

/**
 * What waits at the relay with the data folder `dir`, which may run meanwhile: its files are whole by their name, and
 * those that were fetched are gone. Its database stays closed. The most urgent come first.
 */
export async function sourceOfRelay(dir: string): Promise<CourierSource> {
  const store = await openPackStore(dir);
  return {
    waiting: async () => {
      const packs: WaitingPack[] = [];
      for (const { packId, sizeBytes } of await store.packs()) {
        const head = await store.readPack(packId, 0, fixedHeaderSize);
        if (!head.ok) return head;
        const header = head.value && parseHeader(head.value);
        if (!header?.ok) continue;
        const { class: packClass, mailbox } = header.value;
        packs.push({ packId, sizeBytes, class: packClass, mailbox: hex(mailbox) });
      }
      return ok(packs.sort((a, b) => a.class - b.class));
    },
    read: async (packId) => {
      const bytes = await store.readPack(packId, 0, largestPackSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
  };
}
