import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readBoxPeers, readCenterTickets } from '#sync/adapters/keys-file.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { decideTicket } from '#sync/adapters/pairing-center-ticket.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { expectOk } from '#sync/core/result.ts';

const ports = { clock: systemClock, random: systemRandom };
const site = 'DEMO-01';

test('card, request, grant and words as files link a box and make it active', async (t) => {
  const world = await openWorld(t);
  const { request, peerWords } = await world.request();
  const granted = expectOk(
    await grantRequest(world.center, request, undefined, world.stick, ports),
  );
  assert.equal(granted.ticket.state, 'claimed');
  const words = granted.ticket.box?.words ?? [];
  assert.deepEqual(words, peerWords, 'both ends have the same eight words');

  const taken = expectOk(await acceptGrant(world.box, await readFile(granted.file ?? '')));
  assert.equal(taken.peer.state, 'granted', 'no patient leaves before the words');
  const linked = expectOk(await confirmAtBox(world.box, words.slice(0, 4).join(' ')));
  assert.equal(linked.peer.state, 'linked');

  const event = { type: 'words', typed: words.slice(4).join(' ') } as const;
  const active = expectOk(await decideTicket(world.center, undefined, event, world.stick, ports));
  assert.equal(active.ticket.state, 'active');
  const last = expectOk(await acceptGrant(world.box, await readFile(active.file ?? '')));
  assert.equal(last.peer.state, 'active');
  assert.equal(last.peer.card, undefined, 'the card is gone with the grant');
  assert.equal((await readCenterTickets(world.center))[0]?.enrolKey, undefined);
});

test('the same card asks again with the same bytes, and the same request gets the same grant', async (t) => {
  const world = await openWorld(t);
  const first = await world.request();
  const again = await world.request();
  assert.deepEqual(again.request, first.request);
  const one = expectOk(
    await grantRequest(world.center, first.request, undefined, world.stick, ports),
  );
  const two = expectOk(
    await grantRequest(world.center, again.request, one.ticket.ticket, world.stick, ports),
  );
  assert.deepEqual(two.ticket, one.ticket);
});

test('a grant whose file a crash took is written again, and the refusal says how', async (t) => {
  const world = await openWorld(t);
  const { request } = await world.request();
  const granted = expectOk(
    await grantRequest(world.center, request, undefined, world.stick, ports),
  );
  const { ticket, box } = granted.ticket;
  const event = { type: 'words', typed: (box?.words ?? []).slice(4).join(' ') } as const;
  // No folder to write to stands for a crash behind the record.
  expectOk(await decideTicket(world.center, undefined, event, undefined, ports));
  const again = await decideTicket(world.center, ticket, event, world.stick, ports);
  assert.match(again.ok ? '' : again.fault.next, /outpost pair grant/);
  const written = expectOk(await grantRequest(world.center, request, ticket, world.stick, ports));
  expectOk(await confirmAtBox(world.box, (box?.words ?? []).slice(0, 4).join(' ')));
  const last = expectOk(await acceptGrant(world.box, await readFile(written.file ?? '')));
  assert.equal(last.peer.state, 'active');
});

test('three wrong attempts at the words close the ticket at the center', async (t) => {
  const world = await openWorld(t);
  const { request } = await world.request();
  expectOk(await grantRequest(world.center, request, undefined, world.stick, ports));
  const event = { type: 'words', typed: 'abandon abandon abandon abandon' } as const;
  for (const state of ['claimed', 'claimed', 'closed']) {
    const step = expectOk(await decideTicket(world.center, undefined, event, undefined, ports));
    assert.equal(step.ticket.state, state);
    assert.ok(step.notice);
  }
  const [ticket] = await readCenterTickets(world.center);
  assert.equal(ticket?.state, 'closed');
});

test('a damaged request and a damaged grant change nothing', async (t) => {
  const world = await openWorld(t);
  const { request } = await world.request();
  const broken = flip(request, request.length - 30);
  const refused = await grantRequest(world.center, broken, undefined, world.stick, ports);
  assert.ok(!refused.ok);
  assert.equal(refused.fault.kind, 'pairing/request-refused');
  assert.equal((await readCenterTickets(world.center))[0]?.state, 'open');

  const granted = expectOk(
    await grantRequest(world.center, request, undefined, world.stick, ports),
  );
  const grant = await readFile(granted.file ?? '');
  const notTaken = await acceptGrant(world.box, flip(grant, 700));
  assert.ok(!notTaken.ok);
  assert.equal(notTaken.fault.kind, 'pairing/grant-refused');
  assert.equal((await readBoxPeers(world.box.dataDir))[0]?.state, 'requested');
});

test('a mistyped card, another site and the key list of another center are refused', async (t) => {
  const world = await openWorld(t);
  const other = await openWorld(t);
  const mistyped = world.cardText.replace(/^./, (first) => (first === '2' ? '3' : '2'));
  for (const [change, kind] of [
    [{ cardText: mistyped }, 'card/mistyped'],
    [{ site: 'DEMO-02' }, 'pairing/other-site'],
    [{ keyListText: other.keyListText }, /^seal\//],
  ] as const) {
    const asked = await world.ask(change);
    assert.ok(!asked.ok);
    if (typeof kind === 'string') assert.equal(asked.fault.kind, kind);
    else assert.match(asked.fault.kind, kind);
  }
  assert.deepEqual(await readBoxPeers(world.box.dataDir), []);
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

async function openWorld(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-pairing-'));
  t.after(() => rm(root, { recursive: true }));
  const center = join(root, 'center');
  await makeCenterKeys(
    {
      name: 'DEMO CENTER',
      phone: '000',
      codingMax: 1,
      relays: [],
      dataDir: center,
      agentDataDir: join(root, 'center-agent'),
      rootDir: join(root, 'sticks'),
    },
    systemRandom,
  );
  const keyListText = await readFile(join(center, 'keys', 'center.keys'), 'utf8');
  const card = expectOk(await makeCard(center, { site, kind: 'enrol', days: 30 }, ports));
  const box = { dataDir: join(root, 'box'), agentDataDir: join(root, 'box-agent') };
  const ask = (change: { cardText?: string; keyListText?: string; site?: string } = {}) =>
    requestPairing(
      box,
      { cardText: card.text, keyListText, site, version: '0.0.0', outDir: root, ...change },
      ports,
    );
  return {
    center,
    box,
    stick: root,
    keyListText,
    cardText: card.text,
    ask,
    request: async () => {
      const { file, peer } = expectOk(await ask());
      return { request: await readFile(file), peerWords: peer.words };
    },
  };
}
