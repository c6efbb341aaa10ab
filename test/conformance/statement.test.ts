import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statement } from './statement.ts';

test('the conformance statement says what the code does', () => {
  const { written, right, unused } = statement();
  const [said, made] = [written, right].map((text) => new Set(text.split('\n')));
  const stale = [...(said ?? [])].filter((line) => !made?.has(line));
  const missing = [...(made ?? [])].filter((line) => !said?.has(line));
  const next = 'run npm run conformance, read the difference, and write what it means';
  assert.deepEqual({ stale, missing }, { stale: [], missing: [] }, next);
  assert.ok(written === right, next);
  assert.deepEqual(unused, [], 'what the code tells has a place in the statement');
});

test('the statement has the chapters of PS3.2, in their order', () => {
  const { written } = statement();
  const chapters = [...written.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  assert.deepEqual(chapters, [
    '1 Conformance statement overview',
    '2 Introduction',
    '3 Networking',
    '4 Media interchange',
    '5 Support of character sets',
    '6 Security',
    '7 Annexes',
  ]);
});
