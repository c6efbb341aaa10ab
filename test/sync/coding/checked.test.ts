import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeChecked, encodeChecked } from '#sync/coding/checked-payload.ts';
import { codingMax, decodeRanges, encodeRanges } from '#sync/coding/coding.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { codePayload } from '#sync/coding/payload.ts';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { movingJpeg } from '#test/support/jpeg.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const slice = syntheticSlice({ seed: 7, slices: 3, rows: 64 }, 0).part10;
const frames = [0, 1, 2, 3].map((frame) => movingJpeg(frame));

test('images between and behind areas of samples are coded apart, and all comes back', () => {
  const whole = concat(frames[0] ?? slice, slice, frames[1] ?? slice);
  const [area] = areasOfObject(slice);
  assert.ok(area);
  const shift = frames[0]?.length ?? 0;
  const areas = [{ ...area, from: area.from + shift, to: area.to + shift }];
  for (const within of [[2], [4], [5], [4, 2]] as const) {
    const payload = encodeChecked(whole, areas, within);
    assert.deepEqual(expectOk(decodeChecked(payload, whole.length)), whole, `${within}`);
    assert.ok(payload.length < encodeChecked(whole, [], within).length, `${within}`);
  }
});

test('a cine of JPEG frames becomes much smaller at the two levels that have time for it', () => {
  const cine = [{ bytes: concat(slice.slice(0, 900), ...frames), from: 0 }];
  const size = (level: 'fast' | 'medium' | 'slow link', most: number = codingMax): number => {
    const { coding, payload, fallbacks } = codePayload(cine, level, most);
    assert.ok(coding <= most);
    assert.deepEqual(fallbacks, []);
    return payload.length;
  };
  assert.ok(size('medium') < size('fast') * 0.7);
  assert.ok(size('slow link') < size('slow link', 5) * 0.7, 'a center that reads 5 at most');
  assert.ok(size('medium', 4) > size('medium'));
});

test('a payload that was cut or changed at any place gives no other bytes', () => {
  const bytes = concat(slice.slice(0, 600), movingJpeg(0));
  const payload = encodeRanges(6, [{ bytes, from: 0 }]);
  const isRefused = (changed: Uint8Array): boolean => {
    const back = decodeRanges(6, changed, [bytes.length]);
    if (back.ok) assert.deepEqual(back.value[0], bytes);
    return !back.ok;
  };
  for (let cut = 1; cut < 6; cut++) assert.ok(isRefused(payload.subarray(0, -cut)));
  let refused = 0;
  for (let at = 0; at < payload.length; at += 7) {
    const changed = payload.slice();
    changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
    if (isRefused(changed)) refused++;
  }
  assert.ok(refused > payload.length / 8);
});

test('a rest in a coding that holds a rest itself, or is no longer written, is refused', () => {
  const payload = encodeRanges(6, [{ bytes: slice, from: 0 }]);
  // Length (2 bytes), checksum, no scans, no code, then the coding.
  const at = slice.length < 16_384 ? 8 : 9;
  assert.equal(payload[at], 5);
  for (const coding of [0, 1, 3, 6, 7]) {
    const changed = payload.slice();
    changed[at] = coding;
    const back = decodeChecked(changed, slice.length);
    assert.equal(back.ok ? '' : back.fault.kind, 'coding/damaged', `${coding}`);
  }
});
