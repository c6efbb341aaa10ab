import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readBoxPeers, readCenterTickets } from '#sync/adapters/keys-file.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { decideTicket, sweepTickets } from '#sync/adapters/pairing-center-ticket.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import type { Fault } from '#sync/core/fault.ts';
import { expectOk, type Result } from '#sync/core/result.ts';
import { maySendPatients } from '#sync/seal/box-ceremony.ts';
import { parseCard } from '#sync/seal/card.ts';

const site = 'DEMO-01';
const dayMs = 86_400_000;
const noonMs = Date.UTC(2026, 10, 29, 12);

/** Both ends with clocks of their own. */
async function open(t: TestContext, { boxMs = noonMs, centerMs = noonMs } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-misuse-'));
  t.after(() => rm(root, { recursive: true }));
  const center = join(root, 'center');
  await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax: 1, relays: [], dataDir: center },
      ...{ agentDataDir: join(root, 'agent'), rootDir: join(root, 'sticks') },
    },
    systemRandom,
  );
  const clocks = { boxMs, centerMs };
  const ports = (end: 'boxMs' | 'centerMs') => ({
    clock: { ...systemClock, nowMs: () => clocks[end] },
    random: systemRandom,
  });
  const atCenter = ports('centerMs');
  const keyListText = await readFile(join(center, 'keys', 'center.keys'), 'utf8');
  const card = expectOk(await makeCard(center, { site, kind: 'enrol', days: 30 }, atCenter));
  const boxAt = (name: string) => ({
    dataDir: join(root, name),
    agentDataDir: join(root, `${name}-agent`),
  });
  const ask = (change: { card?: string; keys?: string; site?: string; box?: string } = {}) =>
    requestPairing(
      boxAt(change.box ?? 'box'),
      {
        cardText: change.card ?? card.text,
        keyListText: change.keys ?? keyListText,
        site: change.site ?? site,
        ...{ version: '0.0.0', outDir: root },
      },
      ports('boxMs'),
    );
  const request = async (box = 'box') => {
    const asked = expectOk(await ask({ box }));
    return { bytes: await readFile(asked.file), words: asked.peer.words ?? [] };
  };
  return {
    ...{ root, center, card, clocks, keyListText, ask, request, boxAt },
    grant: (bytes: Uint8Array, ticket?: string) =>
      grantRequest(center, bytes, ticket, root, atCenter),
    decide: (event: Parameters<typeof decideTicket>[2]) =>
      decideTicket(center, card.ticket.ticket, event, root, atCenter),
    ticket: async () => (await readCenterTickets(center))[0],
    peer: async (box = 'box') => (await readBoxPeers(boxAt(box).dataDir))[0],
    sweep: () => sweepTickets(center, atCenter),
  };
}

type World = Awaited<ReturnType<typeof open>>;

const kindOf = (result: Result<unknown, Fault>): string => (result.ok ? 'done' : result.fault.kind);

const rows: Readonly<Record<string, (world: World, t: TestContext) => Promise<void>>> = {
  'a card whose last day is over by the clock of the center': async (world) => {
    const { bytes } = await world.request();
    world.clocks.centerMs += 31 * dayMs;
    const late = expectOk(await world.grant(bytes));
    assert.equal(late.notice?.kind, 'pairing/expired');
    assert.equal(late.file, undefined, 'nobody is granted anything');
    assert.equal((await world.ticket())?.state, 'expired');
  },
  'a card on its last day': async (world) => {
    const { bytes } = await world.request();
    world.clocks.centerMs += 30 * dayMs;
    assert.equal(expectOk(await world.grant(bytes)).ticket.state, 'claimed');
  },
  'a card that nobody used expires by itself': async (world) => {
    world.clocks.centerMs += 31 * dayMs;
    assert.equal((await world.sweep())[0]?.state, 'expired');
    assert.equal((await world.ticket())?.enrolKey, undefined, 'its key is gone with it');
  },
  'a truncated card': async (world) => {
    const short = world.card.text.slice(0, -1);
    assert.equal(kindOf(await world.ask({ card: short })), 'card/mistyped');
  },
  'a card for another site': async (world) => {
    assert.equal(kindOf(await world.ask({ site: 'DEMO-02' })), 'pairing/other-site');
  },
  'a card of another center': async (world, t) => {
    const other = await open(t);
    assert.equal(kindOf(await world.ask({ card: other.card.text })), 'seal/file-untrusted');
  },
  'a card typed with each single error': async (world) => {
    const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    for (const [at, right] of [...world.card.text].entries()) {
      if (right === '-') continue;
      for (const wrong of letters.replace(right, '')) {
        const typed = world.card.text.slice(0, at) + wrong + world.card.text.slice(at + 1);
        const parsed = parseCard(typed);
        assert.ok(!parsed.ok && parsed.fault.kind === 'card/mistyped');
        const group = Math.floor(at / 6) + 1;
        assert.match(parsed.fault.message, new RegExp(`group ${group} of 16`));
      }
    }
  },
  'a used card': async (world) => {
    const { bytes, words } = await world.request();
    expectOk(await world.grant(bytes));
    expectOk(await world.decide({ type: 'words', typed: words.slice(4).join(' ') }));
    const thief = await world.request('thief');
    const refused = await world.grant(thief.bytes, world.card.ticket.ticket);
    assert.equal(kindOf(refused), 'pairing/ticket-used');
    assert.equal((await world.ticket())?.state, 'active', 'the active box is not touched');
  },
  'two boxes that race with one card': async (world) => {
    const [first, second] = [await world.request(), await world.request('thief')];
    expectOk(await world.grant(first.bytes));
    const dispute = expectOk(await world.grant(second.bytes, world.card.ticket.ticket));
    assert.equal(dispute.notice?.kind, 'pairing/disputed');
    assert.equal((await world.ticket())?.state, 'disputed');
    const typed = first.words.slice(4).join(' ');
    assert.equal(kindOf(await world.decide({ type: 'words', typed })), 'pairing/not-now');
    expectOk(await world.decide({ type: 'cancel' }));
    assert.equal((await world.ticket())?.state, 'closed');
  },
  'the grant of one box given to another': async (world) => {
    await world.request('other');
    const { bytes } = await world.request();
    const granted = expectOk(await world.grant(bytes));
    const file = await readFile(granted.file ?? '');
    assert.equal(kindOf(await acceptGrant(world.boxAt('other'), file)), 'pairing/grant-refused');
  },
  'an attacker between, with a forged card of a center of his own': async (world, t) => {
    // He gives the box his card and enrols a box of his at the true center: the words of the two do not fit.
    const his = await open(t);
    const victim = expectOk(
      await world.ask({ card: his.card.text, keys: his.keyListText, box: 'victim' }),
    );
    expectOk(await his.grant(await readFile(victim.file)));
    const { bytes } = await world.request('his box');
    const granted = expectOk(await world.grant(bytes));
    const read = (granted.ticket.box?.words ?? []).slice(0, 4).join(' ');
    for (let attempt = 1; attempt <= 3; attempt++) {
      const step = expectOk(await confirmAtBox(world.boxAt('victim'), read));
      assert.ok(step.notice, 'the words of the true center are wrong here');
    }
    const peer = await world.peer('victim');
    assert.equal(peer?.state, 'closed');
    assert.ok(peer && !maySendPatients(peer), 'no patient leaves for a false center');
    const spoken = (victim.peer.words ?? []).slice(4).join(' ');
    for (const state of ['claimed', 'claimed', 'closed']) {
      const step = expectOk(await world.decide({ type: 'words', typed: spoken }));
      assert.equal(step.ticket.state, state);
    }
  },
  'a revoked box asks again with its old request': async (world) => {
    const { bytes, words } = await world.request();
    expectOk(await world.grant(bytes));
    expectOk(await confirmAtBox(world.boxAt('box'), words.slice(0, 4).join(' ')));
    expectOk(await world.decide({ type: 'words', typed: words.slice(4).join(' ') }));
    const revoked = expectOk(await world.decide({ type: 'revoke' }));
    const again = expectOk(await world.grant(bytes, world.card.ticket.ticket));
    assert.equal(again.ticket.state, 'revoked');
    const told = await acceptGrant(world.boxAt('box'), await readFile(revoked.file ?? ''));
    assert.equal(expectOk(told).notice?.kind, 'pairing/revoked');
    assert.equal((await world.peer())?.state, 'revoked');
  },
};

for (const [row, misuse] of Object.entries(rows)) {
  test(`misuse of pairing: ${row}`, async (t) => misuse(await open(t), t));
}

test('a second center gets a transport key of its own, the same identity, and another mailbox', async (t) => {
  const [one, two] = [await open(t), await open(t)];
  const place = one.boxAt('box');
  const linked = async (world: World) => {
    const asked = expectOk(await one.ask({ card: world.card.text, keys: world.keyListText }));
    const granted = expectOk(await world.grant(await readFile(asked.file)));
    expectOk(await confirmAtBox(place, (granted.ticket.box?.words ?? []).slice(0, 4).join(' ')));
    const { peer } = expectOk(await acceptGrant(place, await readFile(granted.file ?? '')));
    assert.equal(peer.state, 'linked');
    return { peer, box: granted.ticket.box };
  };
  const [first, second] = [await linked(one), await linked(two)];
  assert.equal(first.box?.identity, second.box?.identity);
  for (const name of ['transport', 'handle', 'boxMailbox'] as const) {
    assert.notEqual(first.box?.[name], second.box?.[name], name);
  }
  assert.equal(first.peer.transport, undefined);
  assert.match(second.peer.transport ?? '', /^[0-9a-f]{16}$/);
  const names = await readdir(join(place.agentDataDir, 'keys'));
  assert.deepEqual(names.toSorted(), [`transport-${second.peer.transport}.seed`, 'transport.seed']);
});

test('wrong clocks: a center at 1970 is told to set its clock before it makes a card', async (t) => {
  const world = await open(t);
  const ports = { clock: { ...systemClock, nowMs: () => 0 }, random: systemRandom };
  const made = await makeCard(world.center, { site, kind: 'enrol', days: 30 }, ports);
  assert.equal(kindOf(made), 'pairing/clock');
});

for (const [name, clocks] of [
  ['a box at 1970', { boxMs: 0 }],
  ['a box at 2099', { boxMs: Date.UTC(2099, 11, 31) }],
  ['a center a year ahead', { centerMs: noonMs + 365 * dayMs }],
  ['a center at the first day that a card can name', { centerMs: Date.UTC(2026, 0, 1), boxMs: 0 }],
] as const) {
  test(`wrong clocks: ${name} is paired all the same`, async (t) => {
    const world = await open(t, clocks);
    const { bytes, words } = await world.request();
    const granted = expectOk(await world.grant(bytes));
    expectOk(await confirmAtBox(world.boxAt('box'), words.slice(0, 4).join(' ')));
    const linked = await acceptGrant(world.boxAt('box'), await readFile(granted.file ?? ''));
    assert.equal(expectOk(linked).peer.state, 'linked');
  });
}
