import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFactLog } from '#appliance/adapters/fact-log-file.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildControlToClinic } from '#sync/letters/control.ts';
import { createLiveBox, liveDicom } from '#test/support/live-box.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

test('a box refuses what its center cannot deliver, but for the device that is an exception', async (t) => {
  const box = await createLiveBox(t);
  const mr = syntheticSlice({ seed: 31, slices: 1, rows: 16, modality: 'MR' }, 0);
  const ct = syntheticSlice({ seed: 31, slices: 1, rows: 16 }, 0);
  const { meta } = buildControlToClinic({
    ...{ v: 1, register: 'capabilities', version: 4, list: 1, sopClasses: [ct.sopClassUid] },
    ...{ transferSyntaxes: [], codingMax: 1, countries: [] },
  });
  const facts = await openFactLog(join(box.dataDir, 'letters'));
  expectOk(
    await facts.append([
      {
        ...{ fact: 'register', atMs: 1, packId: '1'.repeat(64), version: 4 },
        ...{ register: `${'2'.repeat(64)} capabilities`, body: JSON.stringify(meta) },
      },
    ]),
  );
  await facts.close();
  const callers = [
    { aeTitle: 'CT1' },
    { aeTitle: 'MR1', storage: { also: [mr.sopClassUid], not: [ct.sopClassUid] } },
  ];
  await box.configure({ dicom: { ...liveDicom, callers } });
  const program = await box.start();
  const kindsFrom = async (callingAeTitle: string) => {
    const target = { host: '127.0.0.1', port: program.port, calledAeTitle: 'OUTPOST' };
    const objects = [ct.part10, mr.part10];
    const signal = AbortSignal.timeout(20_000);
    const told = await sendStudy({ ...target, callingAeTitle }, objects, { signal });
    return told.map((status) => (status.kind === 'not-sent' ? status.why : status.kind));
  };
  assert.deepEqual(await kindsFrom('CT1'), ['stored', 'not-accepted']);
  assert.deepEqual(await kindsFrom('MR1'), ['not-accepted', 'stored']);
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0);
});
