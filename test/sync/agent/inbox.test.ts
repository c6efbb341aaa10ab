import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fetching, type Inbox, makeWayDown, nextToFetch } from '#sync/agent/inbox.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const id = (seed: string): PackId => idOf(seededBytes(seed, 8));

function inboxOf(waiting: Readonly<Record<string, readonly [number, number?]>>): Inbox {
  const packs = Object.entries(waiting).map(
    ([seed, [packClass, notBeforeMs = 0]]) =>
      [id(seed), { sizeBytes: 1_000_000, class: packClass, notBeforeMs }] as const,
  );
  return {
    ...{ waiting: new Map(packs), busy: new Map(), doubled: new Set() },
    ...{ away: { times: 0, notBeforeMs: 0 }, cursor: '' },
    ...{ rate: () => 100_000, came: () => undefined },
  };
}

/** Begins a fetch; the answer says whether it was stopped. */
function begin(inbox: Inbox, seed: string, restBytes: number): { isStopped: boolean } {
  const state = { isStopped: false };
  const fetching: Fetching = {
    class: inbox.waiting.get(id(seed))?.class ?? 2,
    restBytes,
    stop: () => {
      state.isStopped = true;
    },
  };
  inbox.busy.set(id(seed), fetching);
  return state;
}

test('the lowest class is fetched first, in it what came first', () => {
  const inbox = inboxOf({ bulk: [3], first: [2], second: [2], report: [1], parked: [0, 50] });
  assert.equal(nextToFetch(inbox, 0, false), id('report'));
  assert.equal(nextToFetch(inbox, 50, false), id('parked'));
  inbox.waiting.delete(id('report'));
  inbox.waiting.delete(id('parked'));
  assert.equal(nextToFetch(inbox, 0, false), id('first'));
  begin(inbox, 'first', 10);
  assert.equal(nextToFetch(inbox, 0, false), id('second'));
});

test('while something urgent is fetched nothing else begins', () => {
  const inbox = inboxOf({ report: [1], other: [1], routine: [2] });
  begin(inbox, 'report', 10);
  assert.equal(nextToFetch(inbox, 0, false), id('other'));
  begin(inbox, 'other', 10);
  assert.equal(nextToFetch(inbox, 0, false), undefined);
});

test('the hand for urgent packs takes nothing else', () => {
  assert.equal(nextToFetch(inboxOf({ routine: [2] }), 0, true), undefined);
  assert.equal(nextToFetch(inboxOf({ routine: [2], stat: [0] }), 0, true), id('stat'));
});

test('what timetable and budget hold waits, and urgent packs do not', () => {
  const inbox = inboxOf({ report: [1], data: [2], prior: [3] });
  assert.equal(nextToFetch(inbox, 0, false, [1, 2, 3]), id('report'));
  inbox.waiting.delete(id('report'));
  assert.equal(nextToFetch(inbox, 0, false, [1, 2, 3]), undefined);
  assert.equal(nextToFetch(inbox, 0, false, [2]), id('prior'));
  assert.equal(nextToFetch(inbox, 0, false, []), id('data'));
});

test('bulk that takes longer than a second makes way for an urgent pack', () => {
  const inbox = inboxOf({ bulk: [2], stat: [0] });
  const bulk = begin(inbox, 'bulk', 200_000);
  makeWayDown(inbox, 0);
  assert.ok(bulk.isStopped);
});

test('bulk that is nearly there, and urgent packs under way, are left alone', () => {
  const nearly = inboxOf({ bulk: [2], stat: [0] });
  const rest = begin(nearly, 'bulk', 90_000);
  makeWayDown(nearly, 0);
  assert.ok(!rest.isStopped);
  const underWay = inboxOf({ bulk: [2], stat: [0], report: [1] });
  const report = begin(underWay, 'report', 900_000);
  makeWayDown(underWay, 0);
  assert.ok(!report.isStopped);
  const parked = inboxOf({ bulk: [2], stat: [0, 99] });
  const bulk = begin(parked, 'bulk', 900_000);
  makeWayDown(parked, 0);
  assert.ok(!bulk.isStopped, 'nobody waits yet');
});
