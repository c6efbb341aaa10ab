import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Area } from '#sync/coding/areas.ts';
import { createBitDecoder, createBitEncoder } from '#sync/coding/bit-coder.ts';
import { createCountedResiduals } from '#sync/coding/counted-residuals.ts';
import { createDeepSeries } from '#sync/coding/deep-series.ts';
import { createFittedFrames } from '#sync/coding/fitted-frames.ts';
import { createLocalSquares } from '#sync/coding/local-squares.ts';
import { decodeSplit, encodeSplit } from '#sync/coding/split-payload.ts';
import { expectOk } from '#sync/core/result.ts';

test('residuals of any size come back with any shift from counters alone', () => {
  const residual = fc.tuple(
    fc.integer({ min: -65_535, max: 65_535 }),
    fc.integer({ min: 0, max: 14 }),
    fc.nat(2),
  );
  fc.assert(
    fc.property(fc.array(residual, { maxLength: 40 }), (residuals) => {
      const encoder = createBitEncoder();
      const model = createCountedResiduals(encoder, 3);
      for (const [value, shift, context] of residuals) model.code(value, context, shift);
      const back = createCountedResiduals(createBitDecoder(encoder.finish()), 3);
      for (const [value, shift, context] of residuals) {
        assert.equal(back.code(0, context, shift), value);
      }
    }),
    { numRuns: 50 },
  );
});

test('a local fit finds the weights that made a plane, for every size of predictor', () => {
  const fit = createLocalSquares([2, 3], 8, 2);
  const means = new Float64Array(2);
  let state = 7;
  const noise = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 2_001) - 1_000;
  };
  fit.openFrame(64, 3);
  let worst = 0;
  for (let y = 0; y < 6; y++) {
    fit.openRow();
    for (let column = 0; column < 64; column++) {
      fit.openColumn(column);
      const inputs = [noise(), noise(), noise()] as const;
      fit.inputs.set(inputs);
      const target = 0.5 * inputs[0] - 0.25 * inputs[1] + inputs[2];
      fit.predict(means, 10);
      if (y > 1) worst = Math.max(worst, Math.abs((means[1] ?? 0) - 10 - target));
      fit.learn(target, 0);
    }
    fit.closeRow();
  }
  assert.ok(worst < 1, `off by ${worst}`);
});

test('a frame of another width, or with other pixels, is no reference, and does not break anything', () => {
  const shapes = [
    { width: 12, components: 1 },
    { width: 12, components: 3 },
    { width: 24, components: 1 },
    { width: 12, components: 1 },
  ];
  const frames = shapes.map((shape, index) => ({
    ...shape,
    samples: Uint16Array.from({ length: 240 }, (_, i) => 500 + ((i * 37 + index) % 90)),
  }));
  const encoder = createBitEncoder();
  const series = createDeepSeries(encoder);
  for (const frame of frames)
    series.code({ ...frame, samples: frame.samples.slice() }, 2, 1_023, 1);
  const back = createDeepSeries(createBitDecoder(encoder.finish()));
  for (const frame of frames) {
    const samples = new Uint16Array(frame.samples.length);
    back.code({ ...frame, samples }, 2, 1_023, 1);
    assert.deepEqual(samples, frame.samples);
  }
});

test('decoders of frames stop soon after their bytes have ended', () => {
  const spent = () => createBitDecoder(Uint8Array.of(0x12, 0x34));
  const fitted = new Uint16Array(300 * 300).fill(0xaaaa);
  createFittedFrames(spent()).code(fitted, 300, 1, 65_535);
  assert.ok(fitted.subarray(100 * 300).every((sample) => sample === 0xaaaa));
  const deep = new Uint16Array(300 * 300).fill(0xaaaa);
  createDeepSeries(spent()).code({ samples: deep, width: 300, components: 1 }, 2, 65_535, 0);
  assert.ok(deep.subarray(100 * 300).every((sample) => sample === 0xaaaa));
});

test('rows too long for margins stay in the skeleton', () => {
  const columns = 50_000;
  const shape = { columns, components: 3, bytesPerSample: 1, isBigEndian: false, isSigned: false };
  const whole = new Uint8Array(columns * 3 * 2).fill(9);
  const area = { from: 0, to: whole.length, rows: 2, shape } as Area;
  for (const coding of [4, 5] as const) {
    const payload = encodeSplit(coding, whole, [area]);
    const back = expectOk(decodeSplit(coding, payload, whole.length));
    assert.equal(Buffer.compare(back, whole), 0);
    // Length, an empty plan: count 0.
    assert.equal(payload[3], 0);
  }
});
