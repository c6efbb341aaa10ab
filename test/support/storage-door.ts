import assert from 'node:assert/strict';
import { createStorageScp, type StorageScpConfig } from '#sync/adapters/storage-scp-dimse.ts';
import { silentLog } from '#sync/core/log.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import { echoCommand, outcomeOf, RawPeer } from './dimse-peer.ts';

/** A storage SCP that listens, for tests. */
export interface Door {
  readonly port: number;
  readonly doorPorts: readonly number[];
  connect(): Promise<RawPeer>;
  /** A peer whose association is accepted. */
  open(): Promise<RawPeer>;
}

/** A storage SCP on a free port, closed after the test. */
export async function openDoor(
  t: { after(fn: () => Promise<void>): void },
  ports: StorageScpPorts,
  config: Partial<StorageScpConfig> = {},
): Promise<Door> {
  const limits = { connectionsPerAddressPerS: 1000, closeTimeoutMs: 200, ...config.limits };
  const scp = createStorageScp(
    ports,
    { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], ...config, limits },
    silentLog,
  );
  const { port, doorPorts } = await scp.listen();
  const peers: RawPeer[] = [];
  t.after(async () => {
    for (const peer of peers) peer.close();
    await scp.close();
  });
  const connect = async (): Promise<RawPeer> => {
    const peer = await RawPeer.connect(port);
    peers.push(peer);
    return peer;
  };
  return {
    port,
    doorPorts,
    connect,
    async open() {
      const peer = await connect();
      assert.equal(outcomeOf(await peer.associate()), 'accepted');
      return peer;
    },
  };
}

/** Fails unless a new peer is answered. */
export async function assertServes(door: Door): Promise<void> {
  const peer = await door.open();
  peer.send(echoCommand());
  assert.equal((await peer.response()).status, 0);
  assert.equal(outcomeOf(await peer.release()), 'released');
  assert.equal(await peer.receive(), 'closed');
}

/** What a peer that broke a rule sees: an A-ABORT, or only the close when its own bytes were still under way. */
export function assertShut(outcome: string): void {
  assert.ok(outcome === 'aborted' || outcome === 'closed', outcome);
}
