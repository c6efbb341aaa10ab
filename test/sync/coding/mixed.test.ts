import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBitDecoder, createBitEncoder } from '#sync/coding/bit-coder.ts';
import { createTextContexts } from '#sync/coding/byte-contexts.ts';
import { createByteModel } from '#sync/coding/byte-model.ts';
import { createFrameModel } from '#sync/coding/frame-model.ts';
import { squashed, stretched } from '#sync/coding/logistic.ts';
import { createResidualModel } from '#sync/coding/residual-model.ts';

test('bits come back at any probability, and the decoder knows where its bytes end', () => {
  const bit = fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 1 }));
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 400 }), (bits) => {
      const encoder = createBitEncoder();
      for (const [probability, value] of bits) encoder.code(probability, value);
      const bytes = encoder.finish();
      const decoder = createBitDecoder(bytes);
      for (const [probability, value] of bits) assert.equal(decoder.code(probability, 0), value);
      assert.ok(decoder.isAtEnd());
      const longer = createBitDecoder(Uint8Array.from([...bytes, 0]));
      for (const [probability] of bits) longer.code(probability, 0);
      assert.ok(!longer.isAtEnd());
    }),
  );
});

test('residuals of any size come back with any shift', () => {
  const sizes = [2, 3];
  const residual = fc.tuple(fc.integer({ min: -65_535, max: 65_535 }), fc.nat(13));
  fc.assert(
    fc.property(fc.array(residual, { maxLength: 30 }), (residuals) => {
      const encoder = createBitEncoder();
      const model = createResidualModel(encoder, sizes);
      for (const [value, shift] of residuals) model.code(value, shift, 3, 4);
      const back = createResidualModel(createBitDecoder(encoder.finish()), sizes);
      for (const [value, shift] of residuals) assert.equal(back.code(0, shift, 3, 4), value);
    }),
    { numRuns: 30 },
  );
});

test('the tables are the same wherever they are made', () => {
  const digest = (table: Uint16Array | Float64Array): string =>
    createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex').slice(0, 16);
  assert.deepEqual([digest(squashed), digest(stretched)], ['95371cc193010085', '7fdf256766443370']);
  assert.deepEqual([squashed.at(0), squashed.at(-1), squashed[3_072]], [1, 65_535, 32_768]);
});

test('a decoder stops soon after its bytes have ended, however much is declared', () => {
  const bytes = new Uint8Array(100_000).fill(0xaa);
  const coder = createBitDecoder(Uint8Array.of(0x12, 0x34));
  createByteModel(coder, bytes.length, 1).code(bytes, 0, bytes.length, createTextContexts());
  assert.ok(bytes.subarray(1_000).every((byte) => byte === 0xaa));

  const samples = new Uint16Array(300 * 300).fill(0xaaaa);
  const misses = new Uint8Array(samples.length);
  const frame = { samples, misses, width: 300, components: 1, top: 65_535, reference: undefined };
  createFrameModel(createBitDecoder(Uint8Array.of(0x12, 0x34))).code(frame);
  assert.ok(samples.subarray(100 * 300).every((sample) => sample === 0xaaaa));
});
