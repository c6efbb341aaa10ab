import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { linesOf, watchTimeline } from './link-timeline.ts';

test('what appears in a folder is told once, with its size; what was there before is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-timeline-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'before'), 'x');
  const timeline = watchTimeline({ sealed: folder });
  t.after(() => timeline.stop());
  const put = async (name: string, sizeBytes: number): Promise<void> => {
    await writeFile(join(folder, `.${name}`), 'x'.repeat(sizeBytes));
    await rename(join(folder, `.${name}`), join(folder, name));
  };
  const seen = async (count: number) => {
    while (timeline.seen().length < count) await new Promise((done) => setTimeout(done, 5));
    return timeline.seen().map(({ what, sizeBytes }) => [what, sizeBytes]);
  };
  await put('first', 1_500);
  assert.deepEqual(await seen(1), [['sealed', 1_500]]);
  await put('before', 2);
  await rm(join(folder, 'first'));
  await put('first', 7);
  await put('last', 3);
  const both = [
    ['sealed', 1_500],
    ['sealed', 3],
  ];
  assert.deepEqual(await seen(2), both);
});

test('one line a kind of step, in the order of the first of each', () => {
  const lines = linesOf([
    { atS: 0.1, what: 'sealed', sizeBytes: 3_400 },
    { atS: 0.25, what: 'custody' },
    { atS: 1.337, what: 'sealed', sizeBytes: 0 },
  ]);
  assert.deepEqual(lines, ['sealed: 0.10 (3.4 kB), 1.34', 'custody: 0.25']);
});
