import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { adoptKeyList, noteHeard, readPairing } from '#appliance/adapters/pairing-files.ts';
import { sendingCenter } from '#appliance/intake/pairing.ts';
import { writePeerRecord, writeSeed } from '#sync/adapters/keys-file.ts';
import { pairingKeys as keys } from '#sync/adapters/pairing-box.ts';
import { hex } from '#sync/core/bytes.ts';
import { type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import type { BoxPeer } from '#sync/seal/peers.ts';
import { centerOf } from '#test/sync/seal/parties.ts';
import { shake } from '#test/sync/seal/shake-random.ts';

const center = centerOf('pairing-files');

test('a box without keys is not paired', async (t) => {
  assert.equal(await readPairing(keys, await dataFolder(t)), undefined);
});

test('patients leave only when the box is linked and the grant stands', async (t) => {
  const dataDir = await pairedFolder(t, { state: 'linked' });
  assert.equal(sendingCenter(await readPairing(keys, dataDir))?.name, center.keyList.name);
  for (const state of ['granted', 'confirmed', 'revoked', 'refused', 'closed'] as const) {
    await writePeerRecord(dataDir, 'center', peer({ state }));
    assert.equal(sendingCenter(await readPairing(keys, dataDir)), undefined, state);
  }
  const revoked = peer({ state: 'active' });
  await writePeerRecord(dataDir, 'center', {
    ...revoked,
    grant: { ...grant, state: 'revoked' },
  });
  assert.equal(sendingCenter(await readPairing(keys, dataDir)), undefined);
});

test('a key list that the stored root did not sign makes no center', async (t) => {
  const dataDir = await pairedFolder(t, { keyList: centerOf('stranger').text });
  assert.deepEqual((await readPairing(keys, dataDir))?.centers, []);
});

test('a newer key list is taken over into the record it belongs to', async (t) => {
  const dataDir = await pairedFolder(t);
  assert.equal(await adoptKeyList(keys, dataDir, listed({ list: 4, phone: '+237 1' })), 'higher');
  const pairing = await readPairing(keys, dataDir);
  assert.equal(pairing?.centers.length, 1);
  assert.equal(pairing?.centers[0]?.keyList.list, 4);
});

test('an older list, another list under the same number and one of a stranger change nothing', async (t) => {
  const dataDir = await pairedFolder(t);
  assert.equal(await adoptKeyList(keys, dataDir, listed({ list: 2 })), 'lower');
  assert.equal(await adoptKeyList(keys, dataDir, listed({ phone: '+237 1' })), 'alarm');
  const stranger = new TextEncoder().encode(centerOf('stranger').text);
  assert.equal(await adoptKeyList(keys, dataDir, stranger), 'not-ours');
  assert.equal(await adoptKeyList(keys, dataDir, Uint8Array.of(0xff)), 'not-ours');
  assert.equal((await readPairing(keys, dataDir))?.centers[0]?.keyList.phone, center.keyList.phone);
});

test('what letters of a center told lies in its record and in no other', async (t) => {
  const dataDir = await pairedFolder(t);
  const other = centerOf('pairing-files other');
  const root = hex(other.root.publicKey);
  await writePeerRecord(
    dataDir,
    'other',
    peer({ root, keyList: other.text, transport: 'a'.repeat(16) }),
  );
  const heard = { list: 9, at: Date.UTC(2026, 1, 1) };
  await noteHeard(keys, dataDir, hex(center.root.publicKey), heard);
  const centers = (await readPairing(keys, dataDir))?.centers;
  assert.deepEqual(
    centers?.map((each) => each.heard),
    [heard, undefined],
  );
  assert.equal(await adoptKeyList(keys, dataDir, listed({ list: 4 })), 'higher');
  assert.deepEqual((await readPairing(keys, dataDir))?.centers[0]?.heard, heard);
});

const grant = {
  version: 1,
  state: 'active',
  handle: hex(shake('handle', 16)),
  boxMailbox: hex(shake('box mailbox', 16)),
  centerMailbox: hex(center.keyList.mailbox),
} as const;

function peer(change: Partial<BoxPeer> = {}): BoxPeer {
  return {
    format: 1,
    state: 'linked',
    site: 'DEMO-01',
    kind: 'enrol',
    ticket: hex(shake('ticket', 16)),
    keyList: center.text,
    root: hex(center.root.publicKey),
    wrongAttempts: 0,
    grant,
    ...change,
  };
}

function listed(change: Partial<KeyList>): Uint8Array {
  return new TextEncoder().encode(signKeyList({ ...center.keyList, ...change }, center.root));
}

async function dataFolder(t: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'outpost-pairing-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function pairedFolder(t: TestContext, change: Partial<BoxPeer> = {}): Promise<string> {
  const dataDir = await dataFolder(t);
  await mkdir(join(dataDir, 'keys'));
  await writeSeed(join(dataDir, 'keys', 'identity.seed'), shake('identity', 32));
  await writeSeed(join(dataDir, 'keys', 'receive.seed'), shake('receive', 32));
  await writePeerRecord(dataDir, 'center', peer(change));
  return dataDir;
}
