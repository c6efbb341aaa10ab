import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { encodeData } from '#sync/dimse/pdu.ts';
import {
  associateRequest,
  echoCommand,
  outcomeOf,
  type RawPeer,
  storeCommand,
} from '../support/dimse-peer.ts';
import { assertShut } from '../support/storage-door.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { openLiveDoor, promptMs, storeOf } from './door.ts';

/** How the ends of `peers` look, in the order of the alphabet. */
async function outcomes(peers: readonly RawPeer[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const peer of peers) {
    const outcome = outcomeOf(await peer.receive());
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

test('F39: whoever brings a byte at a time is cut off by the clock, and others do not feel it', async (t) => {
  const door = await openLiveDoor(t, { associationTimeoutMs: 1_000, pduTimeoutMs: 1_000 });
  await door.echoMs();
  const requesting = await door.connect();
  const sending = await door.open();
  const request = associateRequest();
  const command = storeCommand('1.2.3.4');
  let at = 0;
  const trickle = setInterval(() => {
    requesting.send(request.subarray(at, at + 1));
    sending.send(command.subarray(at, at + 1));
    at++;
  }, 50);
  t.after(() => clearInterval(trickle));
  const [first, second] = await Promise.all([requesting.receive(), sending.receive()]);
  assertShut(outcomeOf(first));
  assertShut(outcomeOf(second));
  assert.ok(at < Math.min(request.length, command.length), 'it ended before all bytes were there');
  assert.ok((await door.echoMs()) < promptMs);
});

test('F40: associations beyond the limit are told to come again, one address takes no other its place', async (t) => {
  const door = await openLiveDoor(t, {
    ...{ associationsPerAddress: 4, associations: 10 },
    // Nobody is late here, however long this machine takes for all of them.
    associationTimeoutMs: 60_000,
  });
  await door.echoMs();
  const modality = await door.open(50);
  const before = await door.sockets();
  const greedy = await Promise.all(Array.from({ length: 60 }, () => door.connect(2)));
  for (const peer of greedy) peer.send(associateRequest());
  const one = await outcomes(greedy);
  assert.equal(one.get('accepted'), 4);
  // Two more connections are held to be told so; the rest is closed at once.
  const rejected = one.get('rejected 2/3/2') ?? 0;
  assert.ok(rejected >= 2);
  assert.equal(one.get('closed'), greedy.length - 4 - rejected);
  assert.ok((await door.echoMs()) < promptMs);

  const crowd = await Promise.all(
    Array.from({ length: 200 }, (_, at) => door.connect(3 + (at % 40))),
  );
  for (const peer of crowd) peer.send(associateRequest());
  assert.equal((await outcomes(crowd)).get('accepted'), 5);
  modality.send(echoCommand());
  assert.equal((await modality.response()).status, 0, 'an open association is not disturbed');
  for (const peer of [...greedy, ...crowd]) peer.close();
  await door.settled(before);
  await door.echoMs();
});

test('F41: a flood of connections does not reach an open association, nor later callers', async (t) => {
  const door = await openLiveDoor(t, { connectionsPerAddressPerS: 20 });
  const modality = await door.open(50);
  const study = syntheticStudy({ seed: 41, slices: 4, rows: 256 });
  let flooded = 0;
  const flood = (async () => {
    for (let wave = 0; wave < 10; wave++) {
      const peers = await Promise.all(Array.from({ length: 100 }, () => door.connect(2)));
      flooded += peers.length;
      for (const peer of peers) peer.close();
    }
  })();
  for (const slice of study) {
    modality.send(storeOf(slice));
    assert.equal((await modality.response()).status, 0);
  }
  await flood;
  assert.equal(flooded, 1_000);
  assert.ok((await door.echoMs()) < promptMs);
});

test('F42, F43: peers that vanish or abort inside a P-DATA leave nothing behind', async (t) => {
  const door = await openLiveDoor(t, { idleTimeoutMs: 1_000, messageTimeoutMs: 1_000 });
  await door.echoMs();
  const before = await door.sockets();
  const vanished = await Promise.all([2, 3, 4, 5].map((host) => door.open(host)));
  vanished.forEach((peer, index) => {
    if (index >= 2)
      peer.send(storeCommand(`1.2.3.${index}`), encodeData(3, 0, new Uint8Array(9_000)));
    // It reads nothing any more and says nothing: as if its cable was pulled.
    peer.socket.pause();
  });
  const aborting = await door.open(6);
  const half = encodeData(3, 2, new Uint8Array(9_000)).subarray(0, 4_000);
  aborting.send(storeCommand('1.2.3.9'), half);
  aborting.socket.resetAndDestroy();
  await door.settled(before);
  assert.deepEqual(await door.box.instances(), []);
  await door.echoMs();
});

test('F46: ten modalities at once are all served, byte for byte', async (t) => {
  const door = await openLiveDoor(t);
  const modalities = Array.from({ length: 10 }, (_, index) => ({
    host: 10 + index,
    study: syntheticStudy({ seed: 460 + index, slices: 6, rows: 256 }),
  }));
  const endedMs = await Promise.all(
    modalities.map(async ({ host, study }) => {
      const peer = await door.open(host);
      for (const slice of study) {
        peer.send(storeOf(slice));
        assert.equal((await peer.response()).status, 0);
      }
      assert.equal(outcomeOf(await peer.release()), 'released');
      return performance.now();
    }),
  );
  const sent = modalities.flatMap(({ study }) => study.map(({ datasetSha256 }) => datasetSha256));
  await until('all instances', 60_000, async () => {
    const held = new Set((await door.box.instances()).map(({ datasetSha256 }) => datasetSha256));
    return sent.every((digest) => held.has(digest)) ? true : undefined;
  });
  assert.equal(endedMs.length, 10);
});

test('F47: without a file descriptor left, what is open goes on, and callers come in again later', async (t) => {
  const door = await openLiveDoor(t);
  const modality = await door.open(50);
  const [first, ...rest] = syntheticStudy({ seed: 47, slices: 5, rows: 64 });
  assert.ok(first);
  modality.send(storeOf(first));
  assert.equal((await modality.response()).status, 0);
  const limit = (await door.descriptors()) + 2;
  const setLimit = (most: number) =>
    execFileSync('prlimit', ['--pid', String(door.pid), `--nofile=${most}:`]);
  setLimit(limit);
  const crowd = await Promise.all(Array.from({ length: 10 }, () => door.connect(2)));
  for (const slice of rest) {
    modality.send(storeOf(slice));
    assert.equal((await modality.response()).status, 0);
  }
  for (const peer of crowd) peer.close();
  setLimit(4_096);
  assert.ok((await door.echoMs()) < promptMs);
});
