import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { openPack } from '#sync/seal/open.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { type Forgery, forge, receiver, verdict } from './forge.ts';

interface Refusal extends Forgery {
  readonly name: string;
  readonly check: number;
  readonly refusal: string;
  readonly reason: string;
}

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/seal/${name}.json`, import.meta.url), 'utf8'));
const { refusals } = fixture('refusals') as { readonly refusals: readonly Refusal[] };

test('the base of the refusals is the pack of vector 2, and it opens', () => {
  assert.equal(hex(sha256(forge())), fixture('vector-2').packs[0].packId);
  assert.equal(verdict(forge()), 'opened');
});

for (const { name, check, refusal, reason, ...forgery } of refusals) {
  test(`refused at check ${check}: ${name}`, () => {
    const result = openPack(forge(forgery), receiver());
    assert.equal(result.ok, false);
    const { kind, message, ...inside } = result.fault;
    assert.deepEqual([kind, message], ['seal/refused', 'Cannot open the pack: it is refused']);
    assert.deepEqual([inside.check, inside.refusal, inside.reason], [check, refusal, reason]);
  });
}
