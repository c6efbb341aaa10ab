import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gathered } from '#sync/relay/gathered.ts';

async function* pieces(count: number, isCut = false): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield Uint8Array.of(n);
  if (isCut) throw new Error('the sender is gone');
}

async function sizesOf(body: AsyncIterable<Uint8Array>): Promise<readonly number[]> {
  const sizes: number[] = [];
  for await (const piece of gathered(body)) sizes.push(piece.length);
  return sizes;
}

test('a body of single bytes is gathered like any other', async () => {
  assert.deepEqual(await sizesOf(pieces(300_000)), [262_144, 300_000 - 262_144]);
});

test('what came before a cut counts', async () => {
  assert.deepEqual(await sizesOf(pieces(3, true)), [3]);
});
