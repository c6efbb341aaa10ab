import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { forge } from './forge.ts';
import { judge, readVectors, refusalsUrl, textOf } from './refusal-vector.ts';
import { allVectors } from './refusals/all.ts';

const { refusals, opens } = readVectors();

test('the fixture is what the lists of refusals make', () => {
  assert.ok(
    readFileSync(refusalsUrl, 'utf8') === textOf(allVectors()),
    'run: node test/sync/seal/refusals/write.ts',
  );
});

test('every check and every class has refusals, each under a name of its own', () => {
  assert.deepEqual(
    [...new Set(refusals.map(({ check }) => check))],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  const classes = new Set<string>(refusals.map(({ refusal }) => refusal));
  assert.equal(classes.size, 10);
  assert.equal(new Set(refusals.map(({ name }) => name)).size, refusals.length);
  assert.ok(refusals.length >= 120);
});

test('the base of the refusals is the pack of vector 2', () => {
  const url = new URL('../../fixtures/seal/vector-2.json', import.meta.url);
  assert.equal(opens[0]?.packId, JSON.parse(readFileSync(url, 'utf8')).packs[0].packId);
});

for (const vector of refusals) {
  const { name, check, refusal, reason, letter } = vector;
  test(`refused at check ${check}: ${name}`, () => {
    const bytes = forge(vector.forgery);
    assert.equal(hex(sha256(bytes)), vector.packId);
    const verdict = judge(vector, bytes);
    assert.ok(verdict);
    assert.deepEqual([verdict.check, verdict.refusal, verdict.letter], [check, refusal, letter]);
    assert.equal(verdict.reason.slice(0, reason.length), reason);
    if (check === 3) assert.equal(verdict.outside, 'The pack was opened before');
    else if (check < 12) assert.equal(verdict.outside, 'Cannot open the pack: it is refused');
  });
}

for (const vector of opens) {
  test(`opens: ${vector.name}`, () => {
    const bytes = forge(vector.forgery);
    assert.equal(hex(sha256(bytes)), vector.packId);
    assert.equal(judge(vector, bytes), undefined);
  });
}
