import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResendCause, StudyResends } from '#sync/center/ports-resends.ts';
import {
  isFull,
  isWaiting,
  mostNamed,
  mostStudiesOfBox,
  needsPerson,
  newestRequest,
  newestVersion,
  withCause,
  withVersion,
} from '#sync/center/resend-causes.ts';

const study = { studyInstanceUid: '1.2.3', box: 'b'.repeat(64) };
const nowMs = Date.parse('2026-11-29T12:00:00Z');
const missing = new Set(['d1', 'd2']);

const cause = (change: Partial<ResendCause> = {}): ResendCause => ({
  ...{ id: 'pack-1', reason: 'unreadable', packs: ['pack-1'], instances: ['d1'] },
  ...{ at: '2026-11-29T11:00:00.000Z', by: null, why: null, version: null },
  ...change,
});

/** Each cause is asked for before the next one comes. */
function askedFor(...causes: readonly ResendCause[]): StudyResends {
  return causes.reduce<StudyResends>(
    (own, each) => withVersion(withCause(own, study, each), missing, nowMs),
    { format: 1, ...study, causes: [] },
  );
}

test('a version is above every earlier one, also when the clock went back or the file was lost', () => {
  const first = askedFor(cause());
  assert.equal(newestVersion(first), nowMs / 1_000);
  const second = withVersion(withCause(first, study, cause({ id: 'pack-2' })), missing, 0);
  assert.equal(newestVersion(second), nowMs / 1_000 + 1);
});

test('what no open list names as missing waits, and a person does not', () => {
  const own = withCause(undefined, study, cause());
  assert.equal(withVersion(own, new Set(), nowMs), own);
  assert.ok(isWaiting(own));
  const said = withCause(undefined, study, cause({ by: 'A PERSON', instances: [] }));
  assert.ok(!isWaiting(withVersion(said, new Set(), nowMs)));
});

test("the third letter of a study is a person's word; a restore counts for none", () => {
  const twice = askedFor(cause({ id: '1' }), cause({ id: '2' }));
  const third = withCause(twice, study, cause({ id: '3' }));
  assert.ok(needsPerson(third));
  assert.equal(withVersion(third, missing, nowMs), third);
  const said = withCause(third, study, cause({ id: '4', by: 'A PERSON' }));
  assert.ok(!needsPerson(said));
  const restored = cause({ reason: 'restored', instances: [] });
  const others = askedFor({ ...restored, id: '1' }, { ...restored, id: '2' }, cause({ id: '3' }));
  assert.ok(!needsPerson(withCause(others, study, cause({ id: '4' }))));
});

test('a letter names what its own causes name, once each and no more than fit', () => {
  const many = Array.from({ length: mostNamed + 1 }, (_, number) => `d${number}`);
  const own = withCause(undefined, study, cause({ instances: [...many, 'd1'] }));
  const request = newestRequest(withVersion(own, missing, nowMs));
  assert.equal(request?.instances.length, mostNamed);
  assert.deepEqual(request?.packs, ['pack-1']);
  assert.equal(newestRequest(own), undefined, 'before the first letter');
});

test('a restore asks for the whole study only when nothing else is asked for with it', () => {
  const all = cause({ id: 'r', reason: 'restored', packs: [], instances: [] });
  assert.equal(newestRequest(askedFor(all))?.reason, 'restored');
  const both = withCause(withCause(undefined, study, all), study, cause());
  assert.equal(newestRequest(withVersion(both, missing, nowMs))?.reason, 'unreadable');
});

test('a box that makes up studies fills no disk, and a restore has a bound of its own', () => {
  assert.ok(isFull(undefined, mostStudiesOfBox, { reason: 'unreadable' }));
  assert.ok(!isFull(undefined, mostStudiesOfBox - 1, { reason: 'unreadable' }));
  assert.ok(!isFull(undefined, mostStudiesOfBox, { reason: 'restored' }));
});
