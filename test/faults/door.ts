import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { encodeData } from '#sync/dimse/pdu.ts';
import { echoCommand, outcomeOf, RawPeer, storeCommand } from '../support/dimse-peer.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { type FaultBox, makeBox } from './box.ts';

/** Longer than a busy machine lets a program wait, and far below what a door would take that others can hold up. */
export const promptMs = 5_000;

/** A real appliance and the means to be a hostile neighbour of it. */
export interface LiveDoor {
  readonly box: FaultBox;
  readonly pid: number;
  /** A peer from 127.0.0.`host` (1). */
  connect(host?: number): Promise<RawPeer>;
  /** A peer whose association is accepted. */
  open(host?: number): Promise<RawPeer>;
  /** Fails unless a new caller from 127.0.0.`host` (99) is answered; how long it took. */
  echoMs(host?: number): Promise<number>;
  /** File descriptors of the program. */
  descriptors(): Promise<number>;
  /** Resident memory of the program, bytes. */
  memoryBytes(): Promise<number>;
  /** Sockets among them: what peers can leave behind. */
  sockets(): Promise<number>;
  /** Waits until the program has no more sockets than `limit`. */
  settled(limit: number): Promise<void>;
}

/** Short enough for a test, and long enough for a busy machine. */
const hurried = {
  associationTimeoutMs: 3_000,
  pduTimeoutMs: 3_000,
  messageTimeoutMs: 3_000,
  closeTimeoutMs: 300,
};

export async function openLiveDoor(t: TestContext, limits: object = {}): Promise<LiveDoor> {
  const dicom = {
    ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: 'any' },
    limits: { ...hurried, connectionsPerAddressPerS: 10_000, ...limits },
  };
  const box = await makeBox(t, { config: { dicom } });
  const { program, pid } = await box.start();
  const port = Number((await program.ready)['port']);
  const connect = async (host = 1): Promise<RawPeer> => {
    const peer = await RawPeer.connect(port, `127.0.0.${host}`);
    t.after(() => peer.close());
    return peer;
  };
  const open = async (host?: number): Promise<RawPeer> => {
    const peer = await connect(host);
    assert.equal(outcomeOf(await peer.associate()), 'accepted');
    return peer;
  };
  const descriptors = async (): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;
  const sockets = async (): Promise<number> => {
    const names = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
    );
    return targets.filter((target) => target.startsWith('socket:')).length;
  };
  return {
    box,
    pid,
    connect,
    open,
    descriptors,
    sockets,
    echoMs: async (host = 99) => {
      const startedMs = performance.now();
      const peer = await open(host);
      peer.send(echoCommand());
      assert.equal((await peer.response()).status, 0);
      const tookMs = performance.now() - startedMs;
      assert.equal(outcomeOf(await peer.release()), 'released');
      peer.close();
      return tookMs;
    },
    memoryBytes: async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    },
    settled: async (limit) => {
      await until(`${limit} sockets`, 60_000, async () => (await sockets()) <= limit);
    },
  };
}

/** The dataset of `instance`, without its file header. */
export function datasetOf({ part10 }: SyntheticInstance): Uint8Array {
  return part10.subarray(expectOk(readFileHeader(part10)).fileHeaderSizeBytes);
}

/** The whole C-STORE of `instance`, its dataset cut into fragments as `cuts` says (default: one). */
export function storeOf(instance: SyntheticInstance, messageId = 1): Uint8Array {
  const { sopInstanceUid } = instance.attributes;
  const dataset = datasetOf(instance);
  const pdus: Uint8Array[] = [storeCommand(sopInstanceUid, { messageId })];
  for (let at = 0; at < dataset.length; at += 60_000) {
    const isLast = at + 60_000 >= dataset.length;
    pdus.push(encodeData(3, isLast ? 2 : 0, dataset.subarray(at, at + 60_000)));
  }
  return concat(...pdus);
}
