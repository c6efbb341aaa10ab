import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStrangers } from '#sync/relay/strangers.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { openRelayWorld, testCenter, testParty } from '#test/support/relay-world.ts';

const limits = { refusals: 3, forgetMs: 10_000 };

test('an address has so many requests under way, and gets its places back', () => {
  const strangers = createStrangers(createVirtualClock(), 2, limits);
  const first = strangers.enter('192.0.2.1');
  assert.ok(strangers.enter('192.0.2.1').ok);
  const third = strangers.enter('192.0.2.1');
  assert.equal(!third.ok && third.fault.kind, 'relay/too-many-requests');
  assert.ok(strangers.enter('192.0.2.2').ok, 'another address is not in its way');
  if (first.ok) first.value.leave();
  assert.ok(strangers.enter('192.0.2.1').ok);
});

test('who fails again and again waits, and is forgiven with time', () => {
  const clock = createVirtualClock();
  const strangers = createStrangers(clock, 2, limits);
  for (let count = 0; count < 3; count++) {
    assert.ok(strangers.mayTry('192.0.2.1').ok);
    strangers.refused('192.0.2.1');
  }
  const blocked = strangers.mayTry('192.0.2.1');
  assert.equal(!blocked.ok && blocked.fault.retryAfterS, 10);
  assert.ok(strangers.mayTry('192.0.2.2').ok);
  clock.advance(10_000);
  assert.ok(strangers.mayTry('192.0.2.1').ok);
  strangers.refused('192.0.2.1');
  assert.ok(!strangers.mayTry('192.0.2.1').ok);
  clock.advance(40_000);
  assert.ok(strangers.mayTry('192.0.2.1').ok);
});

test('an IPv6 subscriber is one, whatever address of his /64 he takes', () => {
  const strangers = createStrangers(createVirtualClock(), 1, limits);
  const isFree = (address: string): boolean => strangers.enter(address).ok;
  assert.ok(isFree('2001:db8:0:1::1'));
  assert.ok(!isFree('2001:db8:0:1:ffff::2'));
  assert.ok(isFree('2001:db8::2:0:0:0:1'));
  assert.ok(isFree('::ffff:192.0.2.1'));
  assert.ok(!isFree('192.0.2.1'), 'mapped or not, it is one IPv4 address');
});

test('a million addresses are not remembered for ever', () => {
  const strangers = createStrangers(createVirtualClock(), 2, limits);
  for (let count = 0; count < 3; count++) strangers.refused('192.0.2.1');
  for (let count = 0; count < 20_000; count++) {
    strangers.refused(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`);
  }
  assert.ok(strangers.mayTry('192.0.2.1').ok, 'the quiet one was forgotten');
});

test('proofs and lists that are refused make their address wait; who has a session does not', async () => {
  const world = await openRelayWorld();
  const stranger = testParty('stranger');
  const token = await world.session(world.box);
  const from = (address: string) => ({ address });
  const body = world.center.accessText(1, [stranger]);
  let status = 0;
  for (let count = 0; count < 41; count++) {
    const answer = await world.fetch('access', { method: 'PUT', body: `${body} ` }, from('a'));
    status = answer.status;
    if (count < 40) assert.equal(status, 409, 'another list under the same number');
    else assert.ok(Number(answer.headers.get('retry-after')) > 0);
  }
  assert.equal(status, 429);
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await world.fetch('keylist', { headers }, from('a'))).status, 200);
  const elsewhere = await world.fetch('access', { method: 'PUT', body: `${body} ` }, from('b'));
  assert.equal(elsewhere.status, 409);
});

test('old lists, and good ones behind forged lines, are no way to make the relay check signatures', async () => {
  const world = await openRelayWorld();
  const from = (address: string) => ({ address });
  const push = async (body: string, address: string): Promise<number> =>
    (await world.fetch('keylist', { method: 'PUT', body }, from(address))).status;
  const newest = world.center.keyListText(3);
  assert.equal(await push(newest, 'center'), 200);
  const statuses = new Set<number>();
  for (let count = 0; count < 42; count++) {
    statuses.add(await push(world.center.keyListText(2), 'replays'));
  }
  assert.deepEqual([...statuses], [409, 429]);
  const forged = testCenter('another').keyListText(1);
  assert.equal(await push(forged.repeat(42) + newest, 'forger'), 429);
  assert.equal(
    await push(forged.repeat(2) + newest, 'center'),
    200,
    'lines of older roots are passed over',
  );
});
