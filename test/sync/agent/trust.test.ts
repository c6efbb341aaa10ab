import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrust } from '#sync/agent/trust.ts';
import { wayAt } from '#sync/agent/ways.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const ways = ['one', 'two', 'three'].map((id) => ({ id, url: `https://${id}`, spki: '' }));

test('one refusal of a good pack is let pass, two in a row are not', () => {
  const clock = createVirtualClock();
  const trust = createTrust(clock);
  assert.equal(trust.refusedGood('one'), false);
  trust.kept('one');
  assert.equal(trust.refusedGood('one'), false);
  assert.equal(trust.waitMs('one'), 0);
  assert.equal(trust.refusedGood('one'), true);
  assert.ok(trust.waitMs('one') > 0);
  assert.equal(trust.waitMs('two'), 0);
});

test('a relay that lies for a week is tried some thirty times', () => {
  const clock = createVirtualClock();
  const trust = createTrust(clock);
  let tries = 0;
  while (clock.monotonicMs() < 7 * 24 * 3_600_000) {
    if (trust.waitMs('one') === 0) {
      tries++;
      trust.refusedGood('one');
    }
    clock.advance(60_000);
  }
  assert.ok(tries > 20 && tries < 40, String(tries));
});

test('the way that is next is the first one whose relay is believed', () => {
  const trust = createTrust(createVirtualClock());
  assert.equal(wayAt(ways, 4, trust), 1);
  trust.refusedGood('two');
  trust.refusedGood('two');
  assert.equal(wayAt(ways, 4, trust), 2);
  for (const { id } of ways) for (let n = 0; n < 2; n++) trust.refusedGood(id);
  assert.equal(wayAt(ways, 4, trust), 1, 'where none is, all are tried in turn');
});
