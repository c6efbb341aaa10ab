import { createHash } from 'node:crypto';
import { lstat, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { passage, type WholeFile } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { enrolmentSchema } from '../wire/enrolment.ts';
import { documentSizeBytes, largestPackSizeBytes } from '../wire/limits.ts';
import { orderSchema } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import { peerSchema } from '../wire/peer.ts';
import type { AgentSpool, SpoolFault } from '../wire/spool.ts';
import { syncFolder, syncOrRemove, writeDurably } from './durable-file.ts';
import {
  dropTemporaries,
  inPaths,
  makeFolders,
  openForeign,
  outPaths,
  packsIn,
  readBounded,
  readRange,
  readRegister,
  refused,
  spoolFileMode,
  writeRange,
  written,
} from './spool-folder-files.ts';
import { watchFolder } from './spool-folder-watch.ts';

/**
 * Opens the agent's side of the spool in `dir`, or of a center after the first one; makes `in` and its folders when
 * they are absent. Throws the system's error when they cannot be made or read.
 */
export async function openAgentSpool(dir: string, party?: string): Promise<AgentSpool> {
  const out = outPaths(dir, party);
  const incoming = inPaths(dir, party);
  await makeFolders(incoming);
  await dropTemporaries(incoming);

  const put = (as: WholeFile, path: string, bytes: Uint8Array | string) =>
    written(() =>
      writeDurably(path, bytes, { mode: spoolFileMode, temporaryDir: incoming.tmp, as }),
    );
  const outgoing = (packId: PackId) => join(out.new, `${packId}.spk`);
  const part = (packId: PackId) => join(incoming.tmp, `${packId}.part`);
  const held = (packId: PackId) => join(incoming.new, `${packId}.spk`);

  return {
    readOrder: () => readRegister(join(out.root, 'order.json'), documentSizeBytes, orderSchema),
    readPeer: () => readRegister(join(out.root, 'peer.json'), documentSizeBytes, peerSchema),
    readEnrolment: () =>
      readRegister(join(out.root, 'enrol.json'), documentSizeBytes, enrolmentSchema),
    outgoing: async () => {
      const packs: { packId: PackId; sizeBytes: number }[] = [];
      for (const packId of await packsIn(out.new, '.spk')) {
        // A pack that its owner removed since the listing is simply not there any more.
        const found = await lstat(outgoing(packId)).catch(() => undefined);
        if (found?.isFile()) packs.push({ packId, sizeBytes: found.size });
      }
      return packs;
    },
    readOutgoing: (packId, offset, length) => readPiece(outgoing(packId), offset, length),
    putCustody: (packId, receipt) =>
      put('agent-custody', join(incoming.answers, `${packId}.json`), receipt),
    forgetCustody: async () => {
      const receipts = await packsIn(incoming.answers, '.json');
      const sent = new Set(await packsIn(out.new, '.spk'));
      const stale = receipts.filter((packId) => !sent.has(packId));
      for (const id of stale) {
        await rm(join(incoming.answers, `${id}.json`), { force: true });
        passage('agent-custody-mark/removed');
      }
    },

    partSize: async (packId) => (await stat(part(packId)).catch(() => undefined))?.size ?? 0,
    appendPart: (packId, offset, bytes) => appendAt(part(packId), offset, bytes),
    finishPart: (packId) => finish(part(packId), held(packId), packId, incoming.new),
    incoming: async () => ({
      held: await packsIn(incoming.new, '.spk'),
      taken: await packsIn(out.answers, ''),
    }),
    removeIncoming: async (packId) => {
      passage('agent-ack/told');
      await rm(held(packId), { force: true });
      passage('agent-ack/removed');
    },
    readPublic: async (name) => {
      const bytes = await readBounded(join(out.public, name), documentSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
    putPublic: (name, bytes) => put('agent-public', join(incoming.public, name), bytes),
    writeState: (state) =>
      put('agent-state', join(incoming.root, 'agent.json'), JSON.stringify(state)),
    watch: (onChange, signal) => watchFolder(out.root, out.tmp, onChange, signal),
  };
}

async function readPiece(
  path: string,
  offset: number,
  length: number,
): Promise<Result<Uint8Array, SpoolFault>> {
  let bytes: Uint8Array = new Uint8Array();
  const result = await written(async () => {
    const file = await openForeign(path);
    try {
      bytes = await readRange(file, offset, length);
    } finally {
      await file.close();
    }
  });
  return result.ok ? ok(bytes) : result;
}

/** Writes `bytes` at `offset` and ends the file there; a gap is refused. Not durable: the hash decides at the end. */
async function appendAt(
  path: string,
  offset: number,
  bytes: Uint8Array,
): Promise<Result<void, SpoolFault>> {
  if (offset + bytes.length > largestPackSizeBytes) return fail(refused('the pack is too long'));
  let hasGap = false;
  const result = await written(async () => {
    const file = await open(path, 'a').then((created) =>
      created.close().then(() => open(path, 'r+')),
    );
    try {
      hasGap = (await file.stat()).size < offset;
      if (hasGap) return;
      await file.truncate(offset);
      await writeRange(file, bytes, offset);
      passage('agent-part/appended');
    } finally {
      await file.close();
    }
  });
  return hasGap ? fail(refused('bytes are missing before the given offset')) : result;
}

async function finish(
  from: string,
  to: string,
  packId: PackId,
  folder: string,
): Promise<Result<void, SpoolFault>> {
  let isGood = false;
  const result = await written(async () => {
    isGood =
      createHash('sha256')
        .update(await readFile(from))
        .digest('hex') === packId;
    if (!isGood) return rm(from, { force: true });
    passage('agent-part/whole');
    await syncOrRemove(from, spoolFileMode);
    passage('agent-part/synced');
    await rename(from, to);
    passage('agent-part/renamed');
    await syncFolder(folder);
    passage('agent-part/durable');
  });
  if (!result.ok || isGood) return result;
  return fail(
    fault(
      'spool/damaged',
      'Cannot take a fetched pack: its bytes do not hash to its id',
      'It is fetched again',
      'now',
    ),
  );
}
