import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendLoop } from '#sync/agent/send.ts';
import { fault } from '#sync/core/fault.ts';
import { expectOk, fail, ok } from '#sync/core/result.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const damaged = fault('agent/wrong-hash', 'It is damaged', 'Wait', 'later');

test('a good pack that the relay calls damaged goes again when its pause is over, each piece once', async () => {
  const pack = outsideOfPack('ab'.repeat(16), 40_000, 'good');
  const [packId, sizeBytes] = [idOf(pack), pack.length];
  const { agent, clinical } = createMemorySpool();
  expectOk(await clinical.putPack(packId, pack));
  const offsets: number[] = [];
  const stop = new AbortController();
  let refuse = (): void => undefined;
  const refused = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  const { connection, board, clock } = connectionOf(
    {
      upload: async ({ offset }) => {
        offsets.push(offset);
        if (offset > 0) return ok({ kind: 'offset', offset: 0 });
        await refused;
        return fail(damaged);
      },
    },
    { spool: agent, signal: stop.signal },
  );
  board.outgoing = [{ packId, sizeBytes }];
  board.order = {
    ...{ format: 1, wake: 1 },
    packs: [{ packId, sizeBytes, class: 2, group: '00'.repeat(16) }],
  };
  const loops = [sendLoop(connection), sendLoop(connection), sendLoop(connection)];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settle();
  const first = [...offsets];
  assert.ok(first.length > 1, 'pieces behind the first one are there early');
  refuse();
  await settle();
  assert.deepEqual(offsets, first, 'nothing leaves while the clock stands still');
  clock.advance(board.progressOf(packId).notBeforeMs - clock.monotonicMs());
  await settle();
  assert.deepEqual(offsets, [...first, ...first]);
  stop.abort();
  await Promise.all(loops);
});
