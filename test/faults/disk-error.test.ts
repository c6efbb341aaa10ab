import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { alarms, type FaultBox, makeBox, told } from './box.ts';
import { type Injection, inject, skipInjection } from './strace.ts';

/** One thread for files: strace counts the calls of each thread for itself. */
const oneThread = { UV_THREADPOOL_SIZE: '1' };

/** Every write to what the data folder holds now fails. */
async function deadDisk({ dataDir }: FaultBox): Promise<Injection> {
  const names = await readdir(dataDir, { recursive: true });
  return {
    calls: 'fsync,fdatasync,write,writev,pwrite64,pwritev',
    rule: 'error=EIO',
    paths: names.map((name) => join(dataDir, name)),
  };
}

/** A small object is made durable by its one write, a larger one by a sync of its own. */
const refusals = [
  { what: 'write', rows: 64, call: 'pwrite64,pwritev,pwritev2' },
  { what: 'fdatasync', rows: 1_100, call: 'fdatasync' },
] as const;

for (const { what, rows, call } of refusals) {
  test(`F06: one ${what} that fails is told, ends the program, and is not asked again`, {
    skip: skipInjection,
  }, async (t) => {
    const box = await makeBox(t);
    const first = await box.start(oneThread);
    const study = syntheticStudy({ seed: 6, slices: 3, rows });
    assert.deepEqual(told(await first.send(study.slice(0, 1))), ['stored']);
    const [segment = ''] = await readdir(join(box.dataDir, 'segments'));
    await inject(t, first.pid, {
      paths: [join(box.dataDir, 'segments', segment)],
      calls: call,
      rule: 'error=EIO:when=1',
    });
    assert.deepEqual(told(await first.send(study.slice(1, 2))), ['A700']);
    assert.equal(await first.program.ended, 75);

    const second = await box.start();
    const [kept, ...more] = await box.instances();
    assert.equal(kept?.datasetSha256, study[0]?.datasetSha256);
    assert.deepEqual(more, [], 'what was refused is not there, though memory held it whole');
    assert.deepEqual(told(await second.send(study.slice(1))), ['stored', 'stored']);
    await until('all three are in the catalog', 60_000, async () =>
      (await box.instances()).length === 3 ? true : undefined,
    );
  });
}

test('F07: a disk that no write reaches ends the box, and the next start shows what can be read', {
  skip: skipInjection,
}, async (t) => {
  const box = await makeBox(t);
  const first = await box.start();
  const study = syntheticStudy({ seed: 7, slices: 2, rows: 64 });
  assert.deepEqual(told(await first.send(study)), ['stored', 'stored']);
  await inject(t, first.pid, await deadDisk(box));
  // Whichever writes first finds it: this object, or the program's own work, which ends it before or meanwhile.
  const [late] = told(await first.send(syntheticStudy({ seed: 8, slices: 1, rows: 64 })));
  assert.ok(['A700', 'unreachable', 'aborted'].includes(late ?? ''), late);
  assert.equal(await first.program.ended, 75);

  const second = await box.startInto(t, await deadDisk(box));
  assert.equal((await box.instances()).length, 2, 'what was stored is shown');
  assert.ok((await alarms(box)).includes('DISK-FAILING'));
  const [refused] = told(await second.send(study));
  assert.equal(refused, 'rejected');
  await second.heal();
  assert.equal(await second.program.ended, 75, 'a disk that takes a write again is a new start');

  const third = await box.start();
  assert.ok(!(await alarms(box)).includes('DISK-FAILING'));
  assert.deepEqual(told(await third.send(syntheticStudy({ seed: 8, slices: 1, rows: 64 }))), [
    'stored',
  ]);
});
