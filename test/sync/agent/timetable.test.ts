import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketWaitMs, drained, fullBucket, refilled } from '#sync/agent/bucket.ts';
import { capAt, parseTimetable } from '#sync/agent/timetable.ts';
import { localTimeIn } from '#sync/core/local-time.ts';
import { expectOk } from '#sync/core/result.ts';

const at = (hour: number, minute = 0): number => hour * 60 + minute;
const capOf = (text: string, minute: number) => capAt(expectOk(parseTimetable(text)), minute);

test('an entry counts until the next one, the last one behind midnight', () => {
  const text = '07:00 512k 20:00 off';
  assert.deepEqual(capOf(text, at(7)), { bytesPerS: 512 * 1024, untilMinuteOfDay: at(20) });
  assert.equal(capOf(text, at(19, 59)).bytesPerS, 512 * 1024);
  assert.deepEqual(capOf(text, at(20)), { bytesPerS: undefined, untilMinuteOfDay: at(7) });
  assert.equal(capOf(text, at(3)).bytesPerS, undefined);
  assert.equal(capOf('20:00 off, 07:00 1Mbit', at(8)).bytesPerS, 125_000);
  assert.equal(capOf('08:00 none 18:00 off', at(9)).bytesPerS, 0);
  assert.deepEqual(capOf('12:00 96kbit', at(1)), {
    bytesPerS: 12_000,
    untilMinuteOfDay: undefined,
  });
  assert.equal(capOf('', at(1)).bytesPerS, undefined);
});

test('what is no timetable is refused with the word that is wrong', () => {
  for (const text of [
    '7:00 512k',
    '07:00',
    '07:00 512',
    '24:00 off',
    '07:00 1k 07:00 off',
    '07:00 0k',
  ]) {
    const parsed = parseTimetable(text);
    assert.ok(!parsed.ok, text);
    assert.match(parsed.fault.message, /^Cannot read the timetable: /);
  }
});

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat({ max: 1_439 }), (text, minute) => {
      const parsed = parseTimetable(text);
      if (parsed.ok) assert.ok((capAt(parsed.value, minute).bytesPerS ?? 1) >= 0);
    }),
  );
});

test('local time follows the zone, also over a change of summer time', () => {
  const nairobi = localTimeIn('Africa/Nairobi');
  assert.deepEqual(nairobi(Date.UTC(2026, 10, 30, 22, 30)), {
    date: '2026-12-01',
    minuteOfDay: 90,
  });
  const berlin = localTimeIn('Europe/Berlin');
  assert.equal(berlin(Date.UTC(2026, 2, 29, 0, 59)).minuteOfDay, at(1, 59));
  assert.equal(berlin(Date.UTC(2026, 2, 29, 1, 0)).minuteOfDay, at(3));
  assert.deepEqual(localTimeIn('UTC')(0), { date: '1970-01-01', minuteOfDay: 0 });
});

test('over any time no more leaves than the cap, a burst and one piece', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 700_000 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 1_000_000 }), pieces, (cap, sizes) => {
      let nowMs = 0;
      let bucket = fullBucket(cap, nowMs);
      let sent = 0;
      for (const size of sizes) {
        nowMs += bucketWaitMs(bucket, cap);
        bucket = refilled(bucket, cap, nowMs);
        assert.equal(bucketWaitMs(bucket, cap), 0, 'the wait was long enough');
        bucket = drained(bucket, cap, size);
        sent += size;
        // A debt of more than ten seconds is forgiven, which only a piece larger than that can make.
        const forgiven = sizes.reduce((sum, each) => sum + Math.max(0, each - 10 * cap), 0);
        assert.ok(sent <= (cap * nowMs) / 1_000 + cap + size + forgiven + sizes.length);
      }
    }),
  );
});

test('STAT leaves a debt of ten seconds at most', () => {
  const after = drained(fullBucket(10_000, 0), 10_000, 500_000_000);
  assert.equal(Math.ceil(bucketWaitMs(after, 10_000) / 1_000), 11);
});
