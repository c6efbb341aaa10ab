import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEventReader } from '#sync/agent/event-reader.ts';
import { utf8 } from '#sync/core/bytes.ts';

/** All data of `text` when it comes in pieces that end at `cuts`. */
function read(text: string, cuts: readonly number[], limit = 1_000): readonly string[] | undefined {
  const reader = createEventReader(limit);
  const bytes = utf8(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const events: string[] = [];
  let from = 0;
  for (const to of ends) {
    const found = reader.read(bytes.subarray(from, to));
    if (found === undefined) return undefined;
    events.push(...found);
    from = to;
  }
  return events;
}

test('data lines make events; comments, names, ids and empty lines make none', () => {
  assert.deepEqual(read('data:one\n\n', []), ['one']);
  assert.deepEqual(read(': hello\n\ndata: one\nid: 7\nevent: x\ndata:two\n\n\n\ndata\n\n', []), [
    'one\ntwo',
    '',
  ]);
  assert.deepEqual(read('data:unfinished\n', []), []);
  assert.deepEqual(read('dataless: x\n\n', []), []);
});

test('any line ends, cut anywhere, give the same events', () =>
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z{}äöü ]{1,20}$/), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(), { maxLength: 8 }),
      (data, end, cuts) => {
        const text = data.map((each) => `data:|${each}${end}:${end}${end}`).join('');
        assert.deepEqual(
          read(`${text}x`, cuts),
          data.map((each) => `|${each}`),
        );
      },
    ),
  ));

test('an event without an end, and one of many lines, are kept up to a limit', () => {
  assert.equal(read(`data:${'x'.repeat(2_000)}`, []), undefined);
  assert.equal(read('data:xxxxxxxxxxxxxxxxxxxx\n'.repeat(100), [500, 900, 1_400]), undefined);
  assert.equal(
    read('data:\n'.repeat(1_001), [500, 900, 1_400]),
    undefined,
    'empty ones are kept too',
  );
  assert.equal(read('data:short\n\n'.repeat(500), [])?.length, 500, 'whole ones cost nothing');
});

test('bytes that are no UTF-8 end the trust', () => {
  const reader = createEventReader(1_000);
  assert.equal(reader.read(Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a)), undefined);
});

test('an event of a million lines that come one by one costs no more than its length', () => {
  const reader = createEventReader(2 ** 24);
  const line = utf8('data:\n');
  for (let count = 0; count < 1_000_000; count++) reader.read(line);
  assert.equal(reader.read(utf8('\n'))?.[0]?.length, 999_999);
});
