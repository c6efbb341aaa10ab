import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  failpointNames,
  parseFailpoint,
  passage,
  passageOf,
  watchPassages,
} from '#sync/core/failpoint.ts';

test('names are unique, and each can be asked for', () => {
  assert.equal(new Set(failpointNames).size, failpointNames.length);
  for (const name of failpointNames) {
    assert.deepEqual(parseFailpoint(`${name}:3`), { name, count: 3, signal: 'kill' });
    assert.deepEqual(parseFailpoint(`${name}:1:stop`), { name, count: 1, signal: 'stop' });
  }
});

test('what is no failpoint or no count is refused', () => {
  for (const text of [
    '',
    'segment/synced',
    'segment/synced:0',
    'segment/synced:-1',
    'segment:1',
    'segment/synced:1:halt',
  ]) {
    assert.equal(parseFailpoint(text), undefined);
  }
});

test('whoever watches is told of each passage, also of the steps of a whole file', () => {
  const seen: string[] = [];
  passage('segment/synced');
  watchPassages((name) => seen.push(name));
  passage('segment/durable');
  passageOf('spool-pack', 'renamed');
  assert.deepEqual(seen, ['segment/durable', 'spool-pack/renamed']);
});
