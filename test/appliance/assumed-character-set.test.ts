import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StudyList } from '#appliance/api/contract.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { startBox } from '../peers/live-box.ts';
import { until } from '../support/until.ts';

test('the name of a device that never says its character set is read as its config says, after a rebuild too', async (t) => {
  const box = await startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], assumedCharacterSet: 'ISO_IR 101' },
      callers: [{ aeTitle: 'CT1', assumedCharacterSet: 'ISO_IR 144' }, { aeTitle: 'CR1' }],
    },
  });
  for (const [index, callingAeTitle] of ['CT1', 'CR1'].entries()) {
    const [slice] = syntheticStudy({ seed: 610 + index, slices: 1, rows: 16 });
    const text = Buffer.from(slice?.part10 ?? []).toString('latin1');
    const part10 = Buffer.from(
      text.replace('TEST^ALPHA', name).replace('ISO_IR 100', ' '.repeat(10)),
      'latin1',
    );
    assert.notEqual(part10.toString('latin1'), text);
    await sendStudy(
      {
        host: '127.0.0.1',
        port: box.port,
        calledAeTitle: 'OUTPOST',
        callingAeTitle,
      },
      [part10],
      { signal: AbortSignal.timeout(20_000) },
    );
  }
  const namesNow = async (): Promise<readonly string[]> => {
    const { studies } = (await box.api('GET', '/v1/studies')).json as StudyList;
    return studies.map(({ patientName }) => patientName).sort();
  };
  const expected = ['ťîÚáŐÜŃăŕÓ', 'Люксембург'];
  await until('both studies are there', 60_000, async () => (await namesNow()).length === 2);
  assert.deepEqual(await namesNow(), expected);

  await box.stop();
  for (const suffix of ['', '-wal'])
    await rm(join(box.dir, 'data', `catalog.db${suffix}`), { force: true });
  await box.start();
  assert.deepEqual(await namesNow(), expected);
});

/** In ISO_IR 144 a town; in ISO_IR 101, ten letters that mean nothing. */
const name = Buffer.from('bbeedae1d5dcd1e3e0d3', 'hex').toString('latin1');
