import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createReportArchive } from '#sync/adapters/report-archive-folder.ts';
import { keptReportOf } from '#sync/center/report.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { gather } from '../../support/gather.ts';

const bytes = utf8('Normal.\n');
const kept = keptReportOf({
  reportId: 'ab'.repeat(16),
  version: 1,
  document: {
    type: 'text/plain',
    bytes,
    names: { studyInstanceUid: undefined, accessionNumber: 'A1' },
  },
  sidecar: {},
  manifest: {
    packId: 'cd'.repeat(32),
    studyInstanceUid: '2.25.1',
    version: 2,
    isStat: false,
    accessionNumber: 'A1',
    modality: 'CT',
    instanceCount: 1,
    patient: { id: 'P', birth: '19700101', sex: 'O' },
    hasList: true,
    isAnswered: true,
  },
  reader: { name: 'DR TEST', registerNo: 'R-1' },
  signedOffAt: '2026-01-05T10:00:00.000Z',
  sourceSha256: 'ef'.repeat(32),
});

test('a report is read back as it was put, with the row it has by now', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-archive-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const archive = createReportArchive(folder);
  assert.deepEqual(await gather(archive.all()), []);
  await archive.put(kept, bytes);
  assert.deepEqual(await archive.read(kept.row.reportId, 1), { report: kept, document: bytes });
  assert.equal(await archive.read(kept.row.reportId, 2), undefined);
  const row = { ...kept.row, packId: '00'.repeat(32), state: 'sealed' } as const;
  await archive.update(row);
  await archive.update({ ...row, version: 7 });
  assert.deepEqual(await gather(archive.all()), [{ ...kept, row }]);
});
