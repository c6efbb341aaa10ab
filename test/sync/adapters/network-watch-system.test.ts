import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAtNetwork, watchNetwork } from '#sync/adapters/network-watch-system.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

test('a change of the network is told once, within two seconds', async () => {
  const clock = createVirtualClock();
  const end = new AbortController();
  let state = 'one';
  const toldAtMs: number[] = [];
  const look = async (): Promise<string> => state;
  const onChange = (): unknown => toldAtMs.push(clock.monotonicMs());
  const watching = watchNetwork(() => void onChange(), end.signal, { look, clock });
  for (let second = 1; second <= 10; second++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    if (second === 4) state = 'two';
    clock.advance(1_000);
  }
  end.abort();
  await watching;
  assert.deepEqual(toldAtMs, [4_000]);
});

test('a machine at rest looks the same twice', async () => {
  assert.equal(await lookAtNetwork(), await lookAtNetwork());
});
