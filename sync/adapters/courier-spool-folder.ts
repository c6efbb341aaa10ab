import { lstat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { CourierSource, CourierSpool, WaitingPack } from '../agent/ports-courier.ts';
import { hex } from '../core/bytes.ts';
import { ok } from '../core/result.ts';
import { fixedHeaderSize, parseHeader } from '../seal/header.ts';
import { documentSizeBytes, largestPackSizeBytes } from '../wire/limits.ts';
import { orderSchema } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import { peerSchema } from '../wire/peer.ts';
import { writeDurably } from './durable-file.ts';
import {
  inPaths,
  makeFolders,
  openForeign,
  outPaths,
  packsIn,
  readBounded,
  readRange,
  readRegister,
  spoolFileMode,
  written,
} from './spool-folder-files.ts';

/** What waits in `out/new` of the spool in `dir`, as the agent would send it: in order, and nothing that is held. */
export function sourceOfSpool(dir: string): CourierSource {
  const out = outPaths(dir);
  const pathOf = (packId: PackId) => join(out.new, `${packId}.spk`);
  return {
    waiting: async () => {
      const order = await readRegister(
        join(out.root, 'order.json'),
        documentSizeBytes,
        orderSchema,
      );
      if (!order.ok) return order.fault.kind === 'spool/missing' ? ok([]) : order;
      const holds = new Set(order.value.holds);
      const packs: WaitingPack[] = [];
      for (const { packId, class: sendingClass } of order.value.packs) {
        const found = await lstat(pathOf(packId)).catch(() => undefined);
        if (holds.has(packId) || !found?.isFile()) continue;
        const mailbox = await mailboxOf(pathOf(packId));
        packs.push({ packId, sizeBytes: found.size, class: sendingClass, mailbox });
      }
      const stat = packs.filter((pack) => pack.class === 0);
      return ok([...stat, ...packs.filter((pack) => pack.class !== 0)]);
    },
    read: async (packId) => {
      const bytes = await readBounded(pathOf(packId), largestPackSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
  };
}

/**
 * The agent's side of the spool in `dir` for a courier, who may work while an agent runs: all that it does there is
 * to add whole packs under their ids, which an agent does too, and whoever comes second changes nothing.
 */
export function courierSpool(dir: string): CourierSpool {
  const incoming = inPaths(dir);
  const put = (packId: PackId, bytes: Uint8Array) =>
    written(() =>
      writeDurably(join(incoming.new, `${packId}.spk`), bytes, {
        ...{ mode: spoolFileMode, temporaryDir: incoming.tmp, as: 'courier-taken' },
      }),
    );
  return {
    ownMailbox: async () => {
      const path = join(outPaths(dir).root, 'peer.json');
      const peer = await readRegister(path, documentSizeBytes, peerSchema);
      return peer.ok ? ok(peer.value.ownMailbox) : peer;
    },
    held: async () => new Set(await packsIn(incoming.new, '.spk')),
    put: async (packId, bytes) => {
      const first = await put(packId, bytes);
      if (first.ok || first.fault.kind !== 'spool/missing') return first;
      // The folders are not made yet, or an agent started just now and swept the temporary file away.
      const made = await written(() => makeFolders(incoming));
      return made.ok ? put(packId, bytes) : made;
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(dir);
      return bavail * bsize;
    },
  };
}

/** Whom a pack is for; nobody when its outside cannot be read. */
async function mailboxOf(path: string): Promise<string> {
  try {
    const file = await openForeign(path);
    try {
      const header = parseHeader(await readRange(file, 0, fixedHeaderSize));
      return header.ok ? hex(header.value.mailbox) : '';
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
