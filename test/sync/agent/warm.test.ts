import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warmLoop } from '#sync/agent/warm.ts';
import { ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const minuteMs = 60_000;

test('connections are kept warm for ten minutes after the last work, and not longer', async () => {
  const clock = createVirtualClock();
  const end = new AbortController();
  let lastWorkMs = Number.NEGATIVE_INFINITY;
  const pingedAtMinute: number[] = [];
  const setting = {
    clock,
    signal: end.signal,
    board: { lastWorkMs: () => lastWorkMs, echoed: () => undefined },
    client: {
      ping: () => {
        pingedAtMinute.push(clock.monotonicMs() / minuteMs);
        return Promise.resolve(ok(undefined));
      },
    },
  };
  const loop = warmLoop(setting, 2);
  for (let minute = 1; minute <= 40; minute++) {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    if (minute === 20) lastWorkMs = clock.monotonicMs();
    clock.advance(minuteMs);
  }
  end.abort();
  await loop;
  const twice = (minutes: readonly number[]) => minutes.flatMap((minute) => [minute, minute]);
  const untilRest = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const afterWork = [20, 21, 22, 23, 24, 25, 26, 27, 28];
  assert.deepEqual(pingedAtMinute, twice([...untilRest, ...afterWork]));
});
