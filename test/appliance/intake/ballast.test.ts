import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ballastBytes, ballastStep } from '#appliance/intake/ballast.ts';

const mebibyte = 1024 * 1024;
const reserveBytes = 40 * mebibyte;

test('the ballast is the reserve, and 64 MiB at most', () => {
  assert.equal(ballastBytes(0), 0);
  assert.equal(ballastBytes(reserveBytes), reserveBytes);
  assert.equal(ballastBytes(2048 * mebibyte), 64 * mebibyte);
});

const rows = [
  ['goes when less than a quarter of it is free', 9, 40, 'release', true],
  ['stays while a quarter of it is free', 10, 40, 'nothing', false],
  ['stays gone until there is plenty', 119, 0, 'nothing', true],
  ['comes back when it fits twice beside the reserve', 120, 0, 'fill', false],
  ['is no alarm while a part of it is there', 119, 20, 'nothing', false],
  ['is made whole again from a part', 120, 20, 'fill', false],
  ['is let alone when it is whole', 500, 40, 'nothing', false],
] as const;
for (const [what, freeMiB, heldMiB, due, isShort] of rows) {
  test(`the ballast ${what}`, () => {
    assert.deepEqual(ballastStep(freeMiB * mebibyte, heldMiB * mebibyte, reserveBytes), {
      do: due,
      isShort,
    });
  });
}

test('without a reserve there is no ballast and never a shortage', () => {
  assert.deepEqual(ballastStep(0, 0, 0), { do: 'nothing', isShort: false });
});
