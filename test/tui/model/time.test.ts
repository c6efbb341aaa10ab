import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  aboutText,
  ageText,
  agoText,
  createCalendar,
  dateAndTime,
  type LocalTime,
  longDateAndTime,
  minutesApart,
  momentText,
  nearTime,
} from '#tui/model/time.ts';

const now: LocalTime = { year: 2026, month: 11, day: 24, hour: 18, minute: 51 };

test('a UTC time is shown on the clock of the clinic', () => {
  const kampala = createCalendar('Africa/Kampala');
  assert.equal(dateAndTime(kampala('2026-11-24T22:30:00Z')), '25 Nov 2026 01:30');
  assert.equal(dateAndTime(createCalendar('UTC')('2026-11-24T00:05:00.000Z')), '24 Nov 2026 00:05');
});

test('a time without a zone is wall-clock time already', () => {
  const kampala = createCalendar('Africa/Kampala');
  assert.equal(dateAndTime(kampala('2026-11-24T18:02:00')), '24 Nov 2026 18:02');
});

test('what is no time is shown as a dash', () => {
  for (const text of ['', 'yesterday', '2026-13-45T99:00:00Z']) {
    assert.equal(dateAndTime(createCalendar('UTC')(text)), '-');
  }
});

test('days near are named, days far are dated', () => {
  assert.equal(longDateAndTime(now), 'Tue 24 Nov 2026 18:51');
  assert.equal(nearTime({ ...now, hour: 8, minute: 2 }, now), 'today 08:02');
  assert.equal(nearTime({ ...now, day: 23 }, now), 'Mon 18:51');
  assert.equal(nearTime({ ...now, day: 18 }, now), 'Wed 18:51');
  assert.equal(nearTime({ ...now, day: 17 }, now), '17 Nov 2026');
  assert.equal(nearTime({ ...now, day: 25 }, now), '25 Nov 2026');
  assert.equal(momentText({ ...now, hour: 15, minute: 31 }, now), 'at 15:31');
});

test('the longer it takes, the rougher the estimate', () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, 'under 1 min'],
    [59, 'under 1 min'],
    [13 * 60, 'about 13 min'],
    [41 * 60, 'about 40 min'],
    [94 * 60, 'about 95 min'],
    [3.4 * 3_600, 'about 3 h'],
    [47 * 3_600, 'about 47 h'],
    [60 * 3_600, 'about 3 days'],
    [90 * 86_400, 'over 9 days'],
  ];
  for (const [seconds, text] of texts) assert.equal(aboutText(seconds), text);
});

test('every estimate and every moment fits into its column', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (seconds) => {
      assert.ok(aboutText(seconds).length <= 12);
    }),
  );
  fc.assert(
    fc.property(
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2199-12-31') }),
      (date) => {
        const time = createCalendar('UTC')(date.toISOString());
        assert.ok(nearTime(time, now).length <= 12);
      },
    ),
    { numRuns: 50 },
  );
});

test('the past is told in the largest whole unit', () => {
  const at = '2026-11-24T18:51:00Z';
  assert.equal(agoText('2026-11-24T18:50:30Z', at), 'just now');
  assert.equal(agoText('2026-11-24T18:50:00Z', at), '1 min ago');
  assert.equal(agoText('2026-11-24T15:00:00Z', at), '3 h ago');
  assert.equal(agoText('2026-11-21T15:00:00Z', at), '3 days ago');
  assert.equal(agoText('2026-11-24T19:00:00Z', at), 'just now');
});

test('the age is told in months for small children, and not at all when it cannot be', () => {
  assert.equal(ageText('19920314', now), '34 y');
  assert.equal(ageText('1992-11-25', now), '33 y');
  assert.equal(ageText('20260401', now), '7 mo');
  assert.equal(ageText('', now), '');
  assert.equal(ageText('20991231', now), '');
  assert.equal(ageText('19920314', undefined), '');
});

test('minutes apart go over midnight', () => {
  assert.equal(
    minutesApart({ ...now, day: 23, hour: 23, minute: 59 }, { ...now, hour: 0, minute: 1 }),
    2,
  );
});
