import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  beginNextEpoch,
  endOldEpoch,
  handOver,
  makeEpochs,
  readEpochDates,
  renewKeyList,
  replaceIdentity,
  revokeOldIdentity,
  setRelays,
} from '#sync/adapters/center-keys-change.ts';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { type CenterKeys, readCenterKeys, writeSeed } from '#sync/adapters/keys-file.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { openArrived } from '#sync/center/open.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { hex, sameBytes } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { createAdmission } from '#sync/relay/admission.ts';
import { epochWarnings } from '#sync/seal/epochs.ts';
import { currentReceivingKey, isCenterIdentity, type KeyList } from '#sync/seal/key-list.ts';
import { followKeyList, openKeyListChain } from '#sync/seal/key-list-chain.ts';
import { sealPack } from '#sync/seal/pack.ts';
import { partyIdOfCenter } from '#sync/seal/party.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';

const ports = { clock: systemClock, random: systemRandom };
const dayMs = 86_400_000;
const at = (ms: number) => ({ ...ports, clock: { ...systemClock, nowMs: () => ms } });

async function open(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-keys-change-'));
  t.after(() => rm(root, { recursive: true }));
  const place = { dataDir: join(root, 'center'), rootDir: join(root, 'stick') };
  await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax: 1, relays: [] },
      ...{ dataDir: place.dataDir, rootDir: place.rootDir, agentDataDir: join(root, 'agent') },
    },
    systemRandom,
  );
  const keys = async (): Promise<CenterKeys> => expectOk(await readCenterKeys(place.dataDir));
  const text = () => readFile(join(place.dataDir, 'keys', 'center.keys'), 'utf8');
  const dir = async (name: string): Promise<string> => {
    await mkdir(join(root, name), { mode: 0o700, recursive: true });
    return join(root, name);
  };
  return { root, place, keys, text, dir };
}

const box = signingKeyOf(new Uint8Array(32).fill(3));

/** A pack that a box seals by the list it knows. */
function sealedBy(list: KeyList) {
  return sealPack(
    {
      ...{ class: 2, kind: 'data', meta: { v: 1 }, payload: new Uint8Array(9) },
      ...{ sealedAtMs: 0, stream: new Uint8Array(16), sequence: 1n, signer: box },
      mailbox: list.mailbox,
      recipients: [currentReceivingKey(list)],
      recipientParty: partyIdOfCenter(list.root),
    },
    systemRandom,
  );
}

/** How far a pack of the box gets at the center: undefined where seals and signature are good. */
function refusedAt(keys: CenterKeys, list: KeyList): string | undefined {
  const { packId, bytes } = sealedBy(list);
  const ticket = {
    ...{ format: 1, state: 'active', kind: 'enrol', site: 'S', ticket: '00'.repeat(16) },
    ...{ lastDay: '2027-01-01', wrongAttempts: 0 },
    box: {
      ...{ request: '00'.repeat(32), identity: hex(box.publicKey), transport: '00'.repeat(32) },
      receive: Buffer.from(currentReceivingKey(list).publicKey).toString('base64url'),
      ...{ handle: '00'.repeat(16), boxMailbox: '00'.repeat(16), grantVersion: 1, words: [] },
    },
  } as never;
  const opening = openArrived(
    packId,
    bytes,
    { ...keys, tickets: [ticket] },
    { isSeen: false, ofUid: [] },
  );
  if (opening.outcome !== 'refused') return opening.outcome;
  // The letter says nothing: behind the seals, check 12 is as far as it gets.
  return opening.refusal.kind === 'center/letter' ? undefined : opening.refusal.message;
}

test('after an update the renewed list names the codings of the new program', async (t) => {
  const { place, keys } = await open(t);
  const before = (await keys()).keyList;
  assert.equal(before.codingMax, 1);
  expectOk(await renewKeyList(place, ports));
  const after = (await keys()).keyList;
  assert.deepEqual(
    { ...after, list: before.list, codingMax: before.codingMax },
    before,
    'nothing else changes',
  );
  assert.equal(after.codingMax, codingMax);
  assert.equal(after.list, before.list + 1);
});

test('an epoch lives: future, current, accept, gone; what was sealed to an old one still opens', async (t) => {
  const { place, keys } = await open(t);
  const first = (await keys()).keyList;
  const none = await beginNextEpoch(place, ports);
  assert.equal(none.ok ? '' : none.fault.kind, 'keys/no-epoch');
  const four = expectOk(await makeEpochs(place, 4, ports));
  assert.deepEqual(
    four.receive.map(({ state }) => state),
    ['current', 'future', 'future', 'future', 'future'],
  );
  assert.equal((await keys()).secrets.length, 1, 'seeds of later epochs stay on the stick');
  const followedMs = Date.UTC(2026, 5, 1);
  const second = expectOk(await beginNextEpoch(place, at(followedMs)));
  assert.deepEqual(
    second.receive.map(({ state }) => state),
    ['accept', 'current', 'future', 'future', 'future'],
  );
  const now = await keys();
  assert.equal(refusedAt(now, second), undefined);
  assert.equal(refusedAt(now, first), undefined, 'a box that did not hear of it yet');

  const kid = hex(first.receive[0]?.kid ?? new Uint8Array());
  const early = await endOldEpoch(place, kid, false, at(followedMs + 44 * dayMs));
  assert.equal(early.ok ? '' : early.fault.kind, 'keys/epoch-young');
  const current = await endOldEpoch(place, hex(second.receive[1]?.kid ?? first.root), true, ports);
  assert.equal(current.ok ? '' : current.fault.kind, 'keys/epoch-state');
  const gone = expectOk(await endOldEpoch(place, kid, false, at(followedMs + 45 * dayMs)));
  assert.equal(gone.receive[0]?.state, 'gone');
  assert.equal(gone.list, first.list + 3);
});

test('a clock that stands at 1970 ends no epoch, and one that is a year ahead warns and stops nothing', async (t) => {
  const { place, keys } = await open(t);
  expectOk(await makeEpochs(place, 1, ports));
  expectOk(await beginNextEpoch(place, at(Date.UTC(2026, 0, 1))));
  const { keyList } = await keys();
  const kid = hex(keyList.receive[0]?.kid ?? new Uint8Array());
  const early = await endOldEpoch(place, kid, false, at(0));
  assert.equal(early.ok ? '' : early.fault.kind, 'keys/epoch-young');
  const dates = await readEpochDates(place.dataDir);
  const codes = (days: number): readonly string[] =>
    epochWarnings(keyList, dates, Date.UTC(2026, 0, 1) + days * dayMs).map(({ code }) => code);
  assert.deepEqual(codes(0), []);
  assert.deepEqual(codes(29), []);
  assert.deepEqual(codes(30), ['EPOCH-ENDS', 'EPOCH-LAST']);
  assert.deepEqual(codes(84), ['EPOCH-ENDS', 'EPOCH-LAST']);
  assert.deepEqual(codes(455), ['EPOCH-OVER', 'EPOCH-LAST']);
  assert.equal(refusedAt(await keys(), keyList), undefined);
});

test('every list says when its epoch is to be followed, and one without a date of its own says nothing', async (t) => {
  const { place, keys } = await open(t);
  assert.equal((await keys()).keyList.dates, undefined, 'nobody noted when the first one began');
  expectOk(await makeEpochs(place, 2, ports));
  const begun = Date.UTC(2026, 5, 1, 23);
  const list = expectOk(await beginNextEpoch(place, at(begun)));
  assert.deepEqual(list.dates, { v: 1, issued: '2026-06-01', followBy: '2026-08-30' });
  const renewed = expectOk(await renewKeyList(place, at(begun + 10 * dayMs)));
  assert.deepEqual(renewed.dates, { v: 1, issued: '2026-06-11', followBy: '2026-08-30' });
  const lost = expectOk(await setRelays(place, [], at(Date.UTC(12_026, 0, 1))));
  assert.equal(lost.dates, undefined, 'a clock that no list can name');
  assert.deepEqual((await keys()).keyList, lost);
  const noStick = await beginNextEpoch({ ...place, rootDir: place.dataDir }, at(begun));
  assert.equal(noStick.ok ? '' : noStick.fault.kind, 'keys/missing');
});

test('another root than the one of the list signs nothing', async (t) => {
  const { place, dir, text } = await open(t);
  const before = await text();
  const other = await open(t);
  const rootDir = other.place.rootDir;
  const refused = await makeEpochs({ ...place, rootDir }, 1, ports);
  assert.equal(refused.ok ? '' : refused.fault.kind, 'keys/other-root');
  const empty = await setRelays({ ...place, rootDir: await dir('empty') }, [], ports);
  assert.equal(empty.ok ? '' : empty.fault.kind, 'keys/missing');
  assert.equal(await text(), before);
});

test('a new identity signs from now on; the old one counts until it is revoked', async (t) => {
  const { place, keys } = await open(t);
  const before = (await keys()).identity;
  const list = expectOk(await replaceIdentity(place, ports));
  const now = await keys();
  assert.ok(!sameBytes(now.identity.publicKey, before.publicKey));
  assert.deepEqual(
    list.identity.map(({ state }) => state),
    ['old', 'current'],
  );
  const current = await revokeOldIdentity(place, now.identity.publicKey, ports);
  assert.equal(current.ok ? '' : current.fault.kind, 'keys/identity-state');
  const revoked = expectOk(await revokeOldIdentity(place, before.publicKey, ports));
  assert.ok(!isCenterIdentity(revoked, before.publicKey));
  assert.ok(isCenterIdentity(revoked, now.identity.publicKey));
});

test('a second change of the identity draws another key; one that broke off goes on with the same', async (t) => {
  const { place, keys } = await open(t);
  expectOk(await replaceIdentity(place, ports));
  const second = (await keys()).identity;
  const list = expectOk(await replaceIdentity(place, ports));
  const third = (await keys()).identity;
  assert.equal(sameBytes(second.publicKey, third.publicKey), false);
  assert.equal(list.identity.length, 3);
  // Cut off behind the list: the seed in use is still the one before.
  await writeSeed(join(place.dataDir, 'keys', 'identity.seed'), second.seed);
  expectOk(await replaceIdentity(place, ports));
  assert.ok(sameBytes((await keys()).identity.publicKey, third.publicKey));
});

test('a root hands over twice; who slept over both, box or relay, follows the chain', async (t) => {
  const { place, keys, text, dir } = await open(t);
  const asleep = (await keys()).keyList;
  const sleepy = await text();
  const [two, three] = [await dir('root two'), await dir('root three')];
  expectOk(await handOver(place, two, ports));
  const again = expectOk(await handOver(place, two, ports));
  assert.equal(again.list, asleep.list + 2, 'typed again, nothing happens twice');
  expectOk(await setRelays({ ...place, rootDir: two }, [], ports));
  const oldStick = await setRelays(place, [], ports);
  assert.equal(oldStick.ok ? '' : oldStick.fault.kind, 'keys/other-root');
  const last = expectOk(await handOver({ ...place, rootDir: two }, three, ports));

  const chain = await text();
  const followed = followKeyList(asleep, chain);
  assert.ok(followed.verdict === 'higher');
  assert.equal(followed.chain.list.list, last.list);
  assert.equal(followed.chain.roots.length, 3);
  const lines = chain.split('\n').filter((line) => line !== '');
  assert.equal(lines.length, 3, 'of each root the last list');
  assert.equal(
    followKeyList(asleep, lines.at(-1) ?? '').verdict,
    'strange',
    'no line may be missing',
  );
  assert.equal(followKeyList(asleep, `${lines[1]}\n${lines[2]}`).verdict, 'strange');
  assert.equal(followKeyList(last, chain).verdict, 'same');
  assert.equal(followKeyList(last, sleepy).verdict, 'strange');

  const now = await keys();
  for (const list of [asleep, last]) assert.equal(refusedAt(now, list), undefined);

  const relay = createAdmission([hex(asleep.root)]);
  expectOk(relay.acceptKeyList(sleepy));
  for (const line of lines) relay.acceptKeyList(`${line}\n`);
  assert.equal(relay.keyList(hex(asleep.root)).number, last.list);
});

test('a stranger cannot hand over: a list that the named root did not sign leads nowhere', async (t) => {
  const { place, keys, text, dir } = await open(t);
  const asleep = (await keys()).keyList;
  const stranger = await open(t);
  expectOk(await handOver(stranger.place, await stranger.dir('next'), ports));
  expectOk(await handOver(place, await dir('root two'), ports));
  const [named = ''] = (await text()).split('\n');
  const foreign = await stranger.text();
  const followed = followKeyList(asleep, `${named}\n${foreign}`);
  assert.ok(followed.verdict === 'higher');
  assert.equal(followed.chain.roots.length, 1, 'the list that names the next root is the last');
});

test('a card of before a hand-over still pairs, and the box knows the newest list', async (t) => {
  const { root, place, keys, text, dir } = await open(t);
  const card = expectOk(
    await makeCard(place.dataDir, { site: 'DEMO-01', kind: 'enrol', days: 30 }, ports),
  );
  const first = (await keys()).keyList.root;
  expectOk(await handOver(place, await dir('root two'), ports));
  const box = { dataDir: join(root, 'box'), agentDataDir: join(root, 'box-agent') };
  const asked = expectOk(
    await requestPairing(
      box,
      {
        ...{ cardText: card.text, keyListText: await text(), site: 'DEMO-01' },
        ...{ version: '0.0.0', outDir: root },
      },
      ports,
    ),
  );
  assert.equal(asked.peer.root, hex(first), 'the center keeps the name of its first root');
  assert.ok(asked.peer.listRoot !== undefined && asked.peer.listRoot !== asked.peer.root);
  const request = await readFile(asked.file);
  const granted = expectOk(await grantRequest(place.dataDir, request, undefined, root, ports));
  expectOk(await confirmAtBox(box, (granted.ticket.box?.words ?? []).slice(0, 4).join(' ')));
  const linked = expectOk(await acceptGrant(box, await readFile(granted.file ?? '')));
  assert.equal(linked.peer.state, 'linked');
  const chain = expectOk(openKeyListChain(await text(), { root: first }));
  assert.equal(hex(chain.list.root), asked.peer.listRoot);
});
