import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Coding, codings, decodeRanges } from '#sync/coding/coding.ts';
import { fromBase64url } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';

interface Vectors {
  readonly vectors: readonly {
    readonly name: string;
    readonly coding: Coding;
    readonly payload: string;
    readonly ranges: readonly { readonly sizeBytes: number; readonly sha256: string }[];
  }[];
  readonly refusals: readonly {
    readonly why: string;
    readonly coding: Coding;
    readonly payload: string;
    readonly sizes: readonly number[];
    readonly fault: string;
  }[];
}

const files = ['payloads-1.json', 'payloads-2.json'].map((name) => {
  const file = new URL(`../../fixtures/coding/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Vectors;
});
const vectors = files.flatMap((file) => file.vectors);
const refusals = files.flatMap((file) => file.refusals);

test('every payload that was ever written gives its ranges back', () => {
  for (const { name, coding, payload, ranges } of vectors) {
    const sizes = ranges.map(({ sizeBytes }) => sizeBytes);
    const back = expectOk(decodeRanges(coding, bytesOf(payload), sizes));
    const digests = back.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual(
      digests,
      ranges.map(({ sha256 }) => sha256),
      `${name}, coding ${coding}`,
    );
  }
  const covered = new Set(vectors.map(({ coding }) => coding));
  assert.deepEqual([...covered], codings.slice(1));
});

test('every payload that must be refused is, with its fault', () => {
  for (const { why, coding, payload, sizes, fault } of refusals) {
    const back = decodeRanges(coding, bytesOf(payload), sizes);
    assert.equal(back.ok ? 'ok' : back.fault.kind, fault, `${why}, coding ${coding}`);
  }
});

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new TypeError('A vector is not base64url');
  return bytes;
}
