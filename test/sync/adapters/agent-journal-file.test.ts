import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from '#sync/adapters/agent-journal-file.ts';

const entry = {
  cursors: { 'relay-1': 'abc-7' },
  month: '2026-01',
  sentBytes: 5,
  fetchedBytes: 6,
  budget: { '2026-01': 7 },
};
const empty = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };

test('a journal comes back as written, and starts empty when absent or damaged', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-journal-'));
  const path = join(dir, 'journal.json');
  assert.deepEqual(await openJournal(path).read(), empty);
  await openJournal(path).write(entry);
  assert.deepEqual(await openJournal(path).read(), entry);
  for (const text of ['', '{', '{"format":2}', '{"format":1,"cursors":{}}']) {
    writeFileSync(path, text);
    assert.deepEqual(await openJournal(path).read(), empty);
  }
  await rm(dir, { recursive: true });
});
