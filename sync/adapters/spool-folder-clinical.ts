import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { passage, type WholeFile } from '../core/failpoint.ts';
import { agentStateSchema } from '../wire/agent-state.ts';
import { documentSizeBytes, largestPackSizeBytes } from '../wire/limits.ts';
import { orderText } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { ClinicalSpool } from '../wire/spool.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import {
  dropTemporaries,
  inPaths,
  makeFolders,
  namesIn,
  outPaths,
  packsIn,
  readBounded,
  readRegister,
  spoolFileMode,
  written,
} from './spool-folder-files.ts';
import { watchFolder } from './spool-folder-watch.ts';

/** A custody receipt is a few hundred bytes for each pack of its batch. */
const receiptSizeBytes = 1024 * 1024;

/**
 * Opens the clinical side of the spool in `dir`, or of a center after the first one; makes `out` and its folders when
 * they are absent. Throws the system's error when they cannot be made or read.
 */
export async function openClinicalSpool(dir: string, party?: string): Promise<ClinicalSpool> {
  const out = outPaths(dir, party);
  const incoming = inPaths(dir, party);
  await makeFolders(out);
  await dropTemporaries(out);

  const put = (as: WholeFile, path: string, bytes: Uint8Array | string) =>
    written(() => writeDurably(path, bytes, { mode: spoolFileMode, temporaryDir: out.tmp, as }));
  const sent = (packId: PackId) => join(out.new, `${packId}.spk`);

  return {
    putPack: (packId, bytes) => put('spool-pack', sent(packId), bytes),
    sentPacks: () => packsIn(out.new, '.spk'),
    readSent: async (packId) => {
      const bytes = await readBounded(sent(packId), largestPackSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
    removeSent: async (packId) => {
      await rm(sent(packId), { force: true });
      passage('spool-sent/removed');
    },
    writeOrder: (order) => put('spool-order', join(out.root, 'order.json'), orderText(order)),
    writePeer: (peer) => put('spool-peer', join(out.root, 'peer.json'), JSON.stringify(peer)),
    writeEnrolment: (enrolment) =>
      put('spool-peer', join(out.root, 'enrol.json'), JSON.stringify(enrolment)),
    putPublic: (name, bytes) => put('spool-public', join(out.public, name), bytes),

    arrivedPacks: async () => {
      const taken = new Set(await packsIn(out.answers, ''));
      return (await packsIn(incoming.new, '.spk')).filter((packId) => !taken.has(packId));
    },
    readArrived: (packId) => readBounded(join(incoming.new, `${packId}.spk`), largestPackSizeBytes),
    markTaken: (packId) => put('spool-taken', join(out.answers, packId), ''),
    forgetTaken: async () => {
      const marks = await packsIn(out.answers, '');
      const held = new Set(await packsIn(incoming.new, '.spk'));
      const stale = marks.filter((packId) => !held.has(packId));
      for (const packId of stale) {
        await rm(join(out.answers, packId), { force: true });
        passage('spool-taken-mark/removed');
      }
      if (stale.length > 0) await syncFolder(out.answers);
    },
    custodyPacks: () => packsIn(incoming.answers, '.json'),
    custodyReceipt: async (packId) => {
      const bytes = await readBounded(join(incoming.answers, `${packId}.json`), receiptSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
    readPublic: async (name) => {
      if (!(await namesIn(incoming.public)).includes(name)) return undefined;
      const bytes = await readBounded(join(incoming.public, name), documentSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
    agentState: async () => {
      const path = join(incoming.root, 'agent.json');
      const state = await readRegister(path, documentSizeBytes, agentStateSchema);
      return state.ok ? state.value : undefined;
    },
    watch: (onChange, signal) => watchFolder(incoming.root, incoming.tmp, onChange, signal),
  };
}
