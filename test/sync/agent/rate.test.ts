import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrivingBytesPerS,
  deadlineMs,
  lineBytesPerS,
  rateBytesPerS,
  requestBytes,
  strideOf,
  windowBytes,
  withSample,
} from '#sync/agent/rate.ts';

test('the rate is unknown before the first acknowledged request', () => {
  assert.equal(rateBytesPerS([]), 0);
});

test('requests side by side add up, and pauses do not count', () => {
  const side = [
    { fromMs: 0, toMs: 1_000, sizeBytes: 500 },
    { fromMs: 0, toMs: 1_000, sizeBytes: 500 },
  ];
  assert.equal(rateBytesPerS(side), 1_000);
  const pause = [...side, { fromMs: 60_000, toMs: 61_000, sizeBytes: 1_000 }];
  assert.equal(rateBytesPerS(pause), 1_000);
});

test('what the link carries is the same whether much or little of it is used', () => {
  const [bytesPerS, roundTripMs] = [250_000, 600];
  const workOf = (sizeBytes: number) => ({
    fromMs: 0,
    toMs: roundTripMs + (1_000 * sizeBytes) / bytesPerS,
    sizeBytes,
  });
  for (const sizeBytes of [30_000, 100_000, 1_000_000]) {
    assert.ok(rateBytesPerS([workOf(sizeBytes)]) < bytesPerS);
    const line = lineBytesPerS([workOf(sizeBytes)], roundTripMs);
    assert.ok(Math.abs(line / bytesPerS - 1) < 1e-9, `${sizeBytes}: ${line}`);
  }
  assert.equal(lineBytesPerS([], roundTripMs), 0);
});

test('each stretch of work waits for one round trip, and an answer that came too soon makes no link of nothing', () => {
  const two = [
    { fromMs: 0, toMs: 1_000, sizeBytes: 50_000 },
    { fromMs: 500, toMs: 1_600, sizeBytes: 50_000 },
    { fromMs: 9_000, toMs: 10_600, sizeBytes: 100_000 },
  ];
  assert.equal(lineBytesPerS(two, 600), 100_000);
  assert.equal(lineBytesPerS([{ fromMs: 0, toMs: 100, sizeBytes: 1_000 }], 600), 100_000);
});

test('old requests are forgotten, but the last four always count', () => {
  let samples = withSample([], { fromMs: 0, toMs: 1_000, sizeBytes: 1 });
  for (const toMs of [100_000, 200_000, 300_000]) {
    samples = withSample(samples, { fromMs: toMs - 1, toMs, sizeBytes: 1 });
  }
  assert.equal(samples.length, 4);
  for (let n = 0; n < 10; n++) {
    samples = withSample(samples, { fromMs: 300_000, toMs: 300_100 + n, sizeBytes: 1 });
  }
  assert.equal(samples.filter(({ toMs }) => toMs < 290_000).length, 0);
});

test('a request carries eight seconds of the link, within its limits, and halves on time-outs', () => {
  assert.equal(requestBytes(0, 3, 0), 256 * 1024);
  assert.equal(requestBytes(250_000, 3, 0), 666_667);
  assert.equal(requestBytes(1e9, 3, 0), 2 * 1024 * 1024);
  assert.equal(requestBytes(0, 3, 1), 128 * 1024);
  assert.equal(requestBytes(0, 3, 20), 32 * 1024);
});

test('a deadline is four times what is expected and ten seconds, and 45 seconds before anything is known', () => {
  assert.equal(deadlineMs(256 * 1024, 0, 3), 45_000);
  assert.equal(deadlineMs(1_000_000, 100_000, 1), 50_000);
  assert.equal(deadlineMs(1_000_000, 100_000, 2), 90_000);
  assert.equal(deadlineMs(1_000_000, 1_000, 1), 120_000, 'a rate from a cut says little');
});

test('two links full and a bit are under way, four MiB at most', () => {
  assert.equal(windowBytes(250_000, 600), 375_000);
  assert.equal(windowBytes(250_000, 20), 85_000);
  assert.equal(windowBytes(1e9, 600), 4 * 1024 * 1024);
  assert.equal(windowBytes(1_000, 600), 64 * 1024, 'a slow link has some pieces under way too');
});

test('a piece takes a seventh of a second, or its share of the window; time-outs make it smaller', () => {
  assert.equal(strideOf(250_000, 160_000, 10, 0).pieceBytes, 35_000);
  assert.equal(strideOf(250_000, 800_000, 10, 0).pieceBytes, 100_000);
  assert.equal(strideOf(250_000, 800_000, 10, 2).pieceBytes, 25_000);
  assert.equal(strideOf(250_000, 800_000, 10, 9).pieceBytes, 16 * 1024);
  assert.equal(strideOf(1e9, 4 * 1024 * 1024, 10, 0).aheadBytes, 4 * 1024 * 1024);
});

test('what arrives at the moment is told by the last answers alone, once there are enough', () => {
  const answer = (toMs: number, sizeBytes: number) => ({ fromMs: 0, toMs, sizeBytes });
  assert.equal(arrivingBytesPerS([]), 0);
  assert.equal(arrivingBytesPerS([answer(1_000, 500), answer(2_000, 500)]), 0);
  const slowBefore = [
    answer(1_000, 1),
    answer(10_000, 700),
    answer(11_000, 500),
    answer(12_000, 500),
  ];
  assert.equal(arrivingBytesPerS(slowBefore), 500);
});
