import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { readFirstZstdFrame, readZstdFrame } from '#sync/coding/zstd-frame.ts';

/** Magic, descriptor, then what the descriptor calls for; ends in an empty last raw block. */
function frame(descriptor: number, ...fields: number[]): Uint8Array {
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...fields, 1, 0, 0);
}

test('window and content size are read from every form of the header', () => {
  const forms: readonly (readonly [Uint8Array, number, number | undefined])[] = [
    [frame(0x00, 0x00), 1_024, undefined],
    [frame(0x00, 0x0f), 2_048 + 7 * 256, undefined],
    [frame(0x20, 9), 9, 9],
    [frame(0x40, 0x00, 1, 0), 1_024, 257],
    [frame(0x60, 0xff, 0xff), 65_791, 65_791],
    [frame(0x80, 0x08, 0, 0, 0, 1), 2_048, 16_777_216],
    [frame(0xe0, 0, 0, 0, 0, 1, 0, 0, 0), 4_294_967_296, 4_294_967_296],
    [frame(0x00, 0xff), 15 * 2 ** 38, undefined],
  ];
  for (const [bytes, windowSizeBytes, contentSizeBytes] of forms) {
    const frameSizeBytes = bytes.length;
    const read = { windowSizeBytes, contentSizeBytes, frameSizeBytes };
    assert.deepEqual(readZstdFrame(bytes), read);
  }
});

test('dictionaries, reserved bits, reserved blocks and other magic are refused', () => {
  const reservedBlock = frame(0x00, 0x00);
  reservedBlock[6] = 7;
  const bad = [frame(0x01, 0, 5), frame(0x08, 0), reservedBlock, new Uint8Array(20)];
  for (const bytes of bad) assert.equal(readZstdFrame(bytes), undefined);
});

test('the frame ends exactly where the bytes end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(3_000), (content, cut) => {
      const frames = new Uint8Array(zstdCompressSync(content));
      const whole = frames.subarray(0, readFirstZstdFrame(frames)?.frameSizeBytes);
      assert.ok(readZstdFrame(whole));
      if (cut < whole.length) assert.equal(readZstdFrame(whole.subarray(0, cut)), undefined);
      assert.equal(readZstdFrame(new Uint8Array([...whole, 0])), undefined);
    }),
  );
});

test('any bytes are answered', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      readZstdFrame(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, ...tail]));
      readZstdFrame(tail);
    }),
    { numRuns: 1_000 },
  );
});
