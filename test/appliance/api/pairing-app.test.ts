import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsComparedSchema, wordsTypedSchema } from '#appliance/api/contract-pairing.ts';
import { createPairingApi } from '#appliance/api/pairing-app.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { fuzzJson } from '#test/support/fuzz.ts';

const post = (api: ReturnType<typeof createPairingApi>, body: unknown) =>
  api.request('/v1/pairing/words', { method: 'POST', body: JSON.stringify(body) });

test('typed words are compared, and a wrong attempt says how many are left', async () => {
  const typed: string[] = [];
  const api = createPairingApi({
    confirmWords: async (words) => {
      typed.push(words);
      const isRight = words === 'a b c d';
      return ok({ isRight, text: isRight ? 'linked' : 'attempt 1 of 3' });
    },
  });
  const right = await post(api, { words: ' a b c d ' });
  assert.deepEqual(await right.json(), { isRight: true, text: 'linked' });
  const wrong = await post(api, { words: 'x' });
  assert.deepEqual(await wrong.json(), { isRight: false, text: 'attempt 1 of 3' });
  assert.deepEqual(typed, ['a b c d', 'x']);
});

test('what is no question, has no pairing, or finds a disk that takes nothing, is refused', async () => {
  const none = createPairingApi({
    confirmWords: async () => fail(fault('pairing/not-now', 'No pairing is open', 'Pair first')),
  });
  assert.equal((await post(none, { words: 'a' })).status, 409);
  assert.equal((await post(none, { words: 'a', yes: true })).status, 400);
  assert.equal((await post(none, { words: '' })).status, 400);
  assert.equal((await post(none, { words: 'a'.repeat(5_000) })).status, 413);
  assert.equal((await post(createPairingApi({}), { words: 'a' })).status, 503);
});

test('words of any form are read or refused, and stay short', () =>
  fuzzJson(
    'wordsTypedSchema, wordsComparedSchema',
    [{ words: 'able acid also apex' }, { isRight: true, text: 'They are right' }],
    (value) => {
      const typed = wordsTypedSchema.safeParse(value);
      if (typed.success) assert.ok(typed.data.words.length > 0 && typed.data.words.length <= 200);
      const compared = wordsComparedSchema.safeParse(value);
      if (compared.success) assert.equal(typeof compared.data.isRight, 'boolean');
    },
  ));
