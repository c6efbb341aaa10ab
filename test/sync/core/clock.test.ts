import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoOf } from '#sync/core/clock.ts';
import { exitCode } from '#sync/core/exit.ts';

test('a time is written as ISO 8601 in UTC, also before 1970 and far ahead', () => {
  assert.equal(isoOf(0), '1970-01-01T00:00:00.000Z');
  assert.equal(isoOf(1_767_225_600_123), '2026-01-01T00:00:00.123Z');
  assert.equal(isoOf(4_070_908_800_000), '2099-01-01T00:00:00.000Z');
});

test('exit codes are one to one', () => {
  const codes = Object.values(exitCode);
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(exitCode.ok, 0);
});
