import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  beginNextEpoch,
  handOver,
  makeEpochs,
  renewKeyList,
  replaceIdentity,
  revokeOldIdentity,
} from '#sync/adapters/center-keys-change.ts';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { noteRestored } from '#sync/adapters/center-keys-restored.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readCenterKeys } from '#sync/adapters/keys-file.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { hex, sameBytes } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { createAdmission } from '#sync/relay/admission.ts';
import { currentReceivingKey, type KeyList } from '#sync/seal/key-list.ts';
import { followKeyList, openKeyListChain } from '#sync/seal/key-list-chain.ts';
import { centerOf } from '../seal/parties.ts';

const ports = { clock: systemClock, random: systemRandom };

async function open(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-restored-'));
  t.after(() => rm(root, { recursive: true }));
  const place = { dataDir: join(root, 'center'), rootDir: join(root, 'stick') };
  await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax: 1, relays: [] },
      ...{ dataDir: place.dataDir, rootDir: place.rootDir, agentDataDir: join(root, 'agent') },
    },
    systemRandom,
  );
  const text = () => readFile(join(place.dataDir, 'keys', 'center.keys'), 'utf8');
  await cp(place.dataDir, join(root, 'backup'), { recursive: true });
  return {
    root,
    place,
    text,
    keys: async () => expectOk(await readCenterKeys(place.dataDir)),
    putBack: async () => {
      await rm(place.dataDir, { recursive: true });
      await cp(join(root, 'backup'), place.dataDir, { recursive: true });
    },
  };
}

const followedBy = (text: string) => openKeyListChain(text, {});

/** What a box or a relay that holds `known` says to the new text. */
function taken(known: KeyList, text: string): KeyList {
  const followed = followKeyList(known, text);
  assert.ok(followed.verdict === 'higher', followed.verdict);
  return followed.chain.list;
}

test('the list behind a restore is above every one that is known, and names another ledger', async (t) => {
  const { place, keys, text, putBack } = await open(t);
  const backedUp = (await keys()).keyList;
  const newest =
    expectOk(await renewKeyList(place, ports)) && expectOk(await renewKeyList(place, ports));
  const newestText = await text();
  await putBack();
  const list = expectOk(await noteRestored(place, [newestText], ports));
  assert.equal(list.list, newest.list + 1);
  assert.equal(sameBytes(list.ledger, backedUp.ledger), false);
  assert.deepEqual(list.identity, backedUp.identity);
  assert.deepEqual(taken(newest, await text()), list);
  const relay = createAdmission([hex(newest.root)]);
  relay.acceptKeyList(newestText.trim());
  expectOk(relay.acceptKeyList((await text()).trim()));
  assert.equal(relay.keyList(hex(newest.root)).number, list.list);
  const again = expectOk(await noteRestored(place, [newestText], ports, true));
  assert.equal(again.list, list.list + 1, 'a second restore is one more');
});

test('without a list from outside, or with one of a stranger or of long ago, nothing is signed', async (t) => {
  const { place, text } = await open(t);
  const before = await text();
  const stranger = centerOf('a stranger');
  expectOk(await renewKeyList(place, ports));
  const after = await text();
  for (const known of [[], ['{}'], [stranger.text], [before]]) {
    const refused = await noteRestored(place, known, ports);
    assert.ok(!refused.ok && refused.fault.kind === 'keys/no-witness');
  }
  assert.equal(await text(), after);
});

test('another list under the same number is an alarm', async (t) => {
  const { place, text, putBack } = await open(t);
  expectOk(await renewKeyList(place, ports));
  const one = await text();
  await putBack();
  expectOk(await noteRestored(place, [await text()], ports));
  const refused = await noteRestored(place, [one], ports);
  assert.ok(!refused.ok && refused.fault.kind === 'keys/two-lists');
  const both = expectOk(followedBy(await text()));
  const list = expectOk(await noteRestored(place, [one], ports, true));
  assert.equal(list.list, both.list.list + 1);
  assert.deepEqual(taken(expectOk(followedBy(one)).list, await text()), list);
});

test('what was changed after the backup stands: revoked keys stay revoked, and a lost identity is followed', async (t) => {
  const { place, keys, text, putBack } = await open(t);
  const first = (await keys()).identity.publicKey;
  expectOk(await replaceIdentity(place, ports));
  const newest = expectOk(await revokeOldIdentity(place, first, ports));
  const newestText = await text();
  await putBack();
  const list = expectOk(await noteRestored(place, [newestText], ports));
  const { identity } = await keys();
  const stateOf = (key: Uint8Array) =>
    list.identity.find((each) => sameBytes(each.key, key))?.state;
  assert.equal(stateOf(first), 'revoked');
  assert.equal(stateOf(identity.publicKey), 'current');
  assert.deepEqual(
    list.identity.map(({ state }) => state),
    ['revoked', 'old', 'current'],
  );
  assert.deepEqual(taken(newest, await text()), list);
});

test('the seed of an epoch that began after the backup comes from the stick, or the command says so', async (t) => {
  const { place, keys, text, putBack, root } = await open(t);
  expectOk(await makeEpochs(place, 1, ports));
  const newest = expectOk(await beginNextEpoch(place, ports));
  const newestText = await text();
  await putBack();
  const empty = join(root, 'other stick');
  await mkdir(empty, { mode: 0o700 });
  const before = await text();
  const refused = await noteRestored({ ...place, rootDir: empty }, [newestText], ports);
  assert.ok(!refused.ok && refused.fault.kind === 'keys/missing');
  assert.equal(await text(), before);
  const list = expectOk(await noteRestored(place, [newestText], ports));
  const { kid } = currentReceivingKey(newest);
  assert.ok(sameBytes(currentReceivingKey(list).kid, kid));
  assert.ok((await keys()).secrets.some((secret) => sameBytes(secret.kid, kid)));
});

test('a hand-over of the root after the backup is followed, and stays in the chain', async (t) => {
  const { place, keys, text, putBack, root } = await open(t);
  const backedUp = (await keys()).keyList;
  const next = join(root, 'next');
  await mkdir(next, { mode: 0o700 });
  const newest = expectOk(await handOver(place, next, ports));
  const newestText = await text();
  await putBack();
  const old = await noteRestored(place, [newestText], ports);
  assert.ok(!old.ok && old.fault.kind === 'keys/other-root');
  const list = expectOk(await noteRestored({ ...place, rootDir: next }, [newestText], ports));
  assert.deepEqual(taken(newest, await text()), list);
  assert.deepEqual(taken(backedUp, await text()), list, 'for who slept over the hand-over');
  assert.equal((await keys()).roots.length, 2);
});
