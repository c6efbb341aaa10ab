import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { readPairing } from '#appliance/adapters/pairing-files.ts';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readBoxPeers, readCenterKeys, readCenterTickets } from '#sync/adapters/keys-file.ts';
import {
  acceptGrant,
  confirmAtBox,
  pairingKeys,
  requestPairing,
  returnToCenter,
} from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { decideTicket } from '#sync/adapters/pairing-center-ticket.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { accessOf, nextAccessList, versionAfterRestore } from '#sync/center/publish.ts';
import { base64url } from '#sync/core/bytes.ts';
import type { Fault } from '#sync/core/fault.ts';
import { expectOk, type Result } from '#sync/core/result.ts';
import { signAccessList } from '#sync/seal/access-list.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';

const site = 'DEMO-01';
const ports = { clock: systemClock, random: systemRandom };
const relay = {
  ...{ id: 'relay-1', urls: ['https://relay.example'] },
  ...{ spki: new Uint8Array(32), receipt: signingKeyOf(new Uint8Array(32)).publicKey },
};

/** A center, a backup of it from before any pairing, and a box that was paired with it since, all below `root`. */
async function prepare(root: string, hasCardInBackup: boolean) {
  const at = placesIn(root);
  await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax: 1, relays: [relay], dataDir: at.center },
      ...{ agentDataDir: join(root, 'agent'), rootDir: join(root, 'sticks') },
    },
    systemRandom,
  );
  const save = () => cp(at.center, at.backup, { recursive: true });
  if (!hasCardInBackup) await save();
  const card = expectOk(await makeCard(at.center, { site, kind: 'enrol', days: 30 }, ports));
  if (hasCardInBackup) await save();
  const keyListText = await readFile(join(at.center, 'keys', 'center.keys'), 'utf8');
  const asked = expectOk(
    await requestPairing(
      at.place,
      { cardText: card.text, keyListText, site, version: '0', outDir: root },
      ports,
    ),
  );
  const request = await readFile(asked.file);
  const words = asked.peer.words ?? [];
  const granted = expectOk(await grantRequest(at.center, request, undefined, root, ports));
  expectOk(await acceptGrant(at.place, await readFile(granted.file ?? '')));
  expectOk(await confirmAtBox(at.place, words.slice(0, 4).join(' ')));
  const active = await decideTicket(
    ...([at.center, undefined, { type: 'words', typed: words.slice(4).join(' ') }, root] as const),
    ports,
  );
  expectOk(await acceptGrant(at.place, await readFile(expectOk(active).file ?? '')));
  return { root, card };
}

const placesIn = (root: string) => ({
  center: join(root, 'center'),
  backup: join(root, 'backup'),
  place: { dataDir: join(root, 'box'), agentDataDir: join(root, 'box-agent') },
});

const top = await mkdtemp(join(tmpdir(), 'outpost-return-'));
after(() => rm(top, { recursive: true }));
/** Paired once each, for the words of a pairing are slow on purpose; every test has a copy. */
const prepared = {
  bare: await prepare(join(top, 'bare'), false),
  withCard: await prepare(join(top, 'with-card'), true),
};

async function open(t: TestContext, { hasCardInBackup = false } = {}) {
  const { root: original, card } = hasCardInBackup ? prepared.withCard : prepared.bare;
  const root = await mkdtemp(join(top, 'copy-'));
  t.after(() => rm(root, { recursive: true }));
  await cp(original, root, { recursive: true });
  const { center, backup, place } = placesIn(root);
  const comeBack = async () => {
    const made = expectOk(await returnToCenter(place, { version: '0', outDir: root }, ports));
    return { bytes: await readFile(made.file), words: made.words };
  };
  return {
    ...{ root, center, backup, place, card, comeBack },
    peer: async () => (await readBoxPeers(place.dataDir))[0],
    tickets: (at = backup) => readCenterTickets(at),
    take: (bytes: Uint8Array, at = backup) => grantRequest(at, bytes, undefined, root, ports),
    decide: (event: Parameters<typeof decideTicket>[2], at = backup) =>
      decideTicket(at, card.ticket.ticket, event, root, ports),
    party: async (at = backup) => {
      const keys = expectOk(await readCenterKeys(at));
      return { ...keys, tickets: await readCenterTickets(at) };
    },
  };
}

const kindOf = (result: Result<unknown, Fault>): string => (result.ok ? 'done' : result.fault.kind);

for (const hasCardInBackup of [false, true]) {
  const age = hasCardInBackup ? 'between the card and the request' : 'from before the card';
  test(`a center restored from a backup ${age} takes a box back from its own grant, once a person says so`, async (t) => {
    const world = await open(t, { hasCardInBackup });
    const before = await world.peer();
    assert.equal(before?.state, 'active');
    const { bytes, words } = await world.comeBack();
    const claimed = expectOk(await world.take(bytes)).ticket;
    assert.equal(claimed.state, 'claimed');
    assert.equal(claimed.enrolKey, undefined, 'the card is good for nobody else');
    assert.deepEqual(claimed.box?.words, words, 'both ends could compare them');
    const access = accessOf(await world.party(), new Map());
    const entry = access.handles.find(({ handle }) => handle === before.grant?.handle);
    assert.equal(entry?.state, 'provisional', 'its handle is admitted again');
    assert.deepEqual(entry?.read, [before.grant?.boxMailbox]);

    assert.equal(expectOk(await world.take(bytes)).ticket.state, 'claimed', 'shown twice');
    assert.equal((await world.tickets()).length, 1);
    const letIn = expectOk(await world.decide({ type: 'readmit' }));
    assert.equal(letIn.ticket.state, 'active');
    expectOk(await acceptGrant(world.place, await readFile(letIn.file ?? '')));
    const after = await world.peer();
    assert.equal(after?.state, 'active');
    assert.equal(after?.grant?.version, (before.grant?.version ?? 0) + 1);
    assert.equal(after?.isReturning, undefined);
    assert.notEqual(after?.certificate, before.certificate);
    assert.equal(expectOk(await world.take(bytes)).ticket.state, 'active', 'replayed: it is known');
  });
}

test('a box that returns may also be let in by its words, and two operators are two', async (t) => {
  const world = await open(t);
  const { bytes, words } = await world.comeBack();
  expectOk(await world.take(bytes));
  assert.equal(
    kindOf(await world.decide({ type: 'readmit', needsSecond: true })),
    'pairing/which-operator',
  );
  const wrong = expectOk(await world.decide({ type: 'words', typed: 'no such words at all' }));
  assert.equal(wrong.notice?.kind, 'pairing/words-wrong');
  const typed = words.slice(4).join(' ');
  const half = expectOk(
    await world.decide({ type: 'words', typed, operator: 'A', needsSecond: true }),
  );
  assert.equal(half.ticket.state, 'claimed');
  assert.equal(
    kindOf(await world.decide({ type: 'approve', operator: 'A' })),
    'pairing/same-operator',
  );
  assert.equal(
    expectOk(await world.decide({ type: 'approve', operator: 'B' })).ticket.state,
    'active',
  );
});

test('only a box that returned is let in without words', async (t) => {
  const world = await open(t);
  const other = await makeCard(world.center, { site: 'OTHER', kind: 'enrol', days: 3 }, ports);
  const place = { dataDir: join(world.root, 'b2'), agentDataDir: join(world.root, 'b2-agent') };
  const keyListText = await readFile(join(world.center, 'keys', 'center.keys'), 'utf8');
  const { text, ticket } = expectOk(other);
  const input = { cardText: text, keyListText, site: 'OTHER', version: '0', outDir: world.root };
  const { file } = expectOk(await requestPairing(place, input, ports));
  expectOk(await grantRequest(world.center, await readFile(file), undefined, world.root, ports));
  const refused = await decideTicket(
    ...([world.center, ticket.ticket, { type: 'readmit' }, undefined] as const),
    ports,
  );
  assert.equal(kindOf(refused), 'pairing/not-now');
  assert.equal(
    kindOf(await returnToCenter(place, { version: '0', outDir: world.root }, ports)),
    'pairing/not-now',
    'it was granted nothing yet',
  );
});

test('a box that the records know as revoked, closed or replaced does not come back', async (t) => {
  for (const event of [{ type: 'revoke' }, { type: 'replaced' }] as const) {
    const world = await open(t);
    const { bytes } = await world.comeBack();
    expectOk(await world.decide(event as never, world.center));
    assert.equal(
      kindOf(await world.take(bytes, world.center)),
      'pairing/return-refused',
      event.type,
    );
  }
  const world = await open(t);
  const { bytes } = await world.comeBack();
  expectOk(await world.take(bytes));
  const closed = expectOk(await world.decide({ type: 'cancel' }));
  assert.equal(closed.ticket.state, 'closed');
  assert.equal(kindOf(await world.take(bytes)), 'pairing/return-refused', 'a person gave it up');
  expectOk(await acceptGrant(world.place, await readFile(closed.file ?? '')));
  assert.equal((await world.peer())?.state, 'refused', 'and it hears so');
});

test('a ticket that went to another box, and a place at the relays that is taken, come back with nobody', async (t) => {
  const world = await open(t, { hasCardInBackup: true });
  const { bytes } = await world.comeBack();
  const place = { dataDir: join(world.root, 'b2'), agentDataDir: join(world.root, 'b2-agent') };
  const keyListText = await readFile(join(world.center, 'keys', 'center.keys'), 'utf8');
  const input = { cardText: world.card.text, keyListText, site, version: '0', outDir: world.root };
  const { file } = expectOk(await requestPairing(place, input, ports));
  expectOk(await world.take(await readFile(file)));
  assert.equal(kindOf(await world.take(bytes)), 'pairing/return-refused');
});

test('the agent brings the return with the ticket, until a newer grant comes', async (t) => {
  const world = await open(t);
  const askOf = async () =>
    (await readPairing(pairingKeys, world.place.dataDir))?.asks?.map(({ ticket, request }) => ({
      ticket,
      request,
    }));
  const { ticket } = world.card.ticket;
  assert.deepEqual(await askOf(), [{ ticket, request: undefined }]);
  const { bytes } = await world.comeBack();
  assert.deepEqual(await askOf(), [{ ticket, request: base64url(bytes) }]);
  expectOk(await world.take(bytes));
  const { file = '' } = expectOk(await world.decide({ type: 'readmit' }));
  expectOk(await acceptGrant(world.place, await readFile(file)));
  assert.deepEqual(await askOf(), [{ ticket, request: undefined }]);
});

test('after a restore the relays keep their list until the first box is let in; then one above it goes out', async (t) => {
  const world = await open(t);
  const { bytes } = await world.comeBack();
  expectOk(await world.take(bytes));
  const waiting = await world.party();
  assert.equal(versionAfterRestore(waiting.tickets), 0);
  const own = accessOf(waiting, new Map());
  assert.equal(
    nextAccessList(own, undefined, waiting.keyList, 0)?.version,
    1,
    'refused: they have more',
  );
  expectOk(await world.decide({ type: 'readmit' }));
  const now = await world.party();
  const floor = versionAfterRestore(now.tickets);
  assert.ok(floor > 1_700_000_000, String(floor));
  const list = nextAccessList(accessOf(now, new Map()), undefined, now.keyList, floor);
  assert.equal(list?.version, floor);
  const text = signAccessList(list ?? assert.fail(), now.identity);
  assert.equal(nextAccessList(accessOf(now, new Map()), text, now.keyList, floor), undefined);
});
