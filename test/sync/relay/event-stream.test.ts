import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventStream } from '#sync/relay/event-stream.ts';
import type { Events } from '#sync/wire/routes.ts';

const events = (cursor: string): Events => ({ cursor, packs: [], keyList: 1 });

/** Counts how often the end is told, and what was asked for. */
function open(make: () => AsyncIterable<Events | 'quiet'>) {
  const counts = { ends: 0, made: 0 };
  async function* counted(): AsyncIterable<Events | 'quiet'> {
    for await (const each of make()) {
      counts.made++;
      yield each;
    }
  }
  const reader = eventStream(counted(), () => void counts.ends++).getReader();
  return { counts, reader };
}

async function* three(): AsyncIterable<Events | 'quiet'> {
  yield events('a');
  yield 'quiet';
  yield events('b');
}

test('each event is one data line, quiet a comment, and the end is told once', async () => {
  const { counts, reader } = open(three);
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  assert.equal(
    text,
    `data:${JSON.stringify(events('a'))}\n\n:\n\ndata:${JSON.stringify(events('b'))}\n\n`,
  );
  assert.deepEqual(counts, { ends: 1, made: 3 });
});

test('nothing is made that no reader asked for', async () => {
  const { counts, reader } = open(three);
  await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(counts, { ends: 0, made: 1 });
  await reader.cancel();
  assert.equal(counts.ends, 1);
});

test('events that break end the stream with their reason, and the end is told', async () => {
  const { counts, reader } = open(async function* () {
    yield events('a');
    throw new Error('the index is closed');
  });
  await reader.read();
  await assert.rejects(reader.read(), /the index is closed/);
  assert.equal(counts.ends, 1);
});
