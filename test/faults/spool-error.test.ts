import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { makePairedBox } from './paired-box.ts';
import { inject, skipInjection } from './strace.ts';

test('F06: an fsync of a spool folder that fails ends the box, and the next start seals what is missing', {
  skip: skipInjection,
}, async (t) => {
  const box = await makePairedBox(t);
  // One thread for files: strace counts the calls of each thread for itself.
  const first = await box.start({ UV_THREADPOOL_SIZE: '1' });
  assert.ok(first.pid !== undefined);
  const before = syntheticStudy({ seed: 61, slices: 1, rows: 64 });
  await box.send(before);
  const isSealed = (study: typeof before) => async () => {
    const states = await box.states();
    return study.every(({ datasetSha256 }) => states.get(datasetSha256) === 'packed') || undefined;
  };
  await until('a pack lies in the spool', 60_000, isSealed(before));
  const folder = join(box.site.root, 'box-spool', 'out', 'new');
  await inject(t, first.pid, { paths: [folder], calls: 'fsync', rule: 'error=EIO:when=1' });
  const study = syntheticStudy({ seed: 62, slices: 2, rows: 64 });
  // The box ends at the first pack it writes from now on, which may be one of the study before: in the middle of this.
  await box.send(study);
  assert.equal(await first.ended, 75);

  await box.start();
  // A modality sends again what was not confirmed; what the box has already is no second object.
  const again = await box.send(study);
  assert.ok(again.every(({ kind }) => kind === 'stored'));
  await until('all of it lies in the spool', 60_000, isSealed([...before, ...study]));
});
