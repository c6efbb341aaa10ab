import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StudyDetail } from '#appliance/api/contract.ts';
import { ask } from '../demo/socket-client.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { makePairedBox } from './paired-box.ts';
import { inject, skipInjection } from './strace.ts';

test('F08: an object that cannot be read is flagged, the others are sealed, and a resend heals it', {
  skip: skipInjection,
}, async (t) => {
  const box = await makePairedBox(t);
  // One thread for files: strace counts the calls of each thread for itself.
  const program = await box.start({ UV_THREADPOOL_SIZE: '1' });
  await box.send(syntheticStudy({ seed: 9, slices: 1, rows: 64 }));
  const statesNow = async () => [...(await box.states()).values()].sort().join();
  await until('an earlier study is sealed', 60_000, async () => (await statesNow()) === 'packed');
  const study = syntheticStudy({ seed: 8, slices: 4, rows: 64 });
  const paths = (await readdir(box.segments)).map((name) => join(box.segments, name));
  // Nothing reads there now. Packs are read object by object: the second one meets the bad sector.
  const heal = await inject(t, program.pid ?? 0, {
    calls: 'pread64',
    rule: 'error=EIO:when=2',
    paths,
  });
  await box.send(study);
  await until(
    'one is flagged and three are sealed',
    60_000,
    async () => (await statesNow()) === 'damaged,packed,packed,packed,packed',
  );
  const uid = study[0]?.attributes.studyInstanceUid ?? '';
  const shown = await ask<StudyDetail>(box.site.applianceSocket, `/v1/studies/${uid}`);
  assert.equal(shown?.help?.code, 'DAMAGED');
  assert.match(shown?.help?.next ?? '', /Send the study again/);

  await heal();
  await box.send(study);
  await until(
    'all four are sealed',
    60_000,
    async () => (await statesNow()) === Array(5).fill('packed').join(),
  );
});
