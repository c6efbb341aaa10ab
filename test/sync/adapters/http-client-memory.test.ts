import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { queryObjects } from 'node:v8';
import { openPinnedLink } from '#test/support/pinned-link.ts';

const often = 200;
/** Of the last few requests something may still be under way. */
const atMost = 20;

/** What is alive after a full collection of garbage. */
async function alive(): Promise<Readonly<Record<'signals' | 'sockets', number>>> {
  // Two turns of the event loop: what ended just now lets go of its last timers and handles.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  return {
    signals: queryObjects(AbortSignal, { format: 'count' }),
    sockets: queryObjects(TLSSocket, { format: 'count' }),
  };
}

test('requests leave nothing in memory, though their deadlines are far away', async (t) => {
  const { link } = await openPinnedLink(t, () => new Response('fine'));
  const lifetime = new AbortController();
  const ask = async (): Promise<void> => {
    const answer = await link.request({
      ...{ method: 'GET', path: '/x', signal: lifetime.signal },
      ...{ deadlineMs: 3_600_000, answerSizeBytes: 1_000 },
    });
    assert.ok(answer.ok);
  };
  await ask();
  const before = await alive();
  for (let n = 0; n < often; n++) await ask();
  const after = await alive();
  assert.ok(after.signals - before.signals < atMost, `${after.signals - before.signals} signals`);
  assert.ok(after.sockets - before.sockets < atMost, `${after.sockets - before.sockets} sockets`);
});

test('connections that are opened and reset leave nothing in memory', async (t) => {
  const { link } = await openPinnedLink(t, () => new Response('fine'));
  const lifetime = new AbortController();
  const openAndReset = async (): Promise<void> => {
    assert.ok((await link.open(3_600_000, () => undefined, lifetime.signal)).ok);
    link.standing()();
  };
  await openAndReset();
  const before = await alive();
  for (let n = 0; n < often; n++) await openAndReset();
  const after = await alive();
  assert.ok(after.signals - before.signals < atMost, `${after.signals - before.signals} signals`);
  assert.ok(after.sockets - before.sockets < atMost, `${after.sockets - before.sockets} sockets`);
});
