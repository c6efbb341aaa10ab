import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import { openEmptyCatalog } from '#test/support/catalog-entries.ts';

const resent = (study: string, atMs: number, asked: string | null = null): BoxFact => ({
  ...{ fact: 'resent', atMs, study, sizeBytes: atMs * 10, asked },
});
const said = (study: string): BoxFact => ({
  ...{ fact: 'resend-said', atMs: 1, study, by: 'DR DEMO', reason: 'a test' },
});

test('what was sealed anew is told oldest first, and once however often it is applied', async (t) => {
  const { catalog, apply } = await openEmptyCatalog(t);
  const facts = [resent('2.25.1', 20), resent('2.25.2', 10, 'register:7'), resent('2.25.1', 30)];
  await apply(...facts);
  const expected = [
    { study: '2.25.2', atMs: 10, sizeBytes: 100, asked: 'register:7' },
    { study: '2.25.1', atMs: 20, sizeBytes: 200, asked: null },
    { study: '2.25.1', atMs: 30, sizeBytes: 300, asked: null },
  ];
  assert.deepEqual(await catalog.resends(), expected);
  await apply(...facts);
  assert.deepEqual(await catalog.resends(), expected);
});

test("a person's word counts once: it is used up when the study goes again", async (t) => {
  const { catalog, apply } = await openEmptyCatalog(t);
  await apply(said('2.25.1'), said('2.25.1'), said('2.25.2'));
  assert.deepEqual([...(await catalog.resendWords())].toSorted(), ['2.25.1', '2.25.2']);
  await apply(resent('2.25.1', 20));
  assert.deepEqual([...(await catalog.resendWords())], ['2.25.2']);
  await apply(said('2.25.1'));
  assert.deepEqual([...(await catalog.resendWords())].toSorted(), ['2.25.1', '2.25.2']);
});
