import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { SpoolFault } from '#sync/wire/spool.ts';
import { agentSpoolThatEnds, clinicalSpoolThatEnds } from '#sync/wire/spool-broken.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const pack = seededBytes('pack', 2_000);
const packId = idOf(pack);

function ioFault(code: string): SpoolFault {
  const cause = Object.assign(new Error(code), { code });
  return fault('spool/io', `Cannot write a spool file: ${code}`, 'Check the disk', 'later', cause);
}

test('the first write that meets EIO ends the program, whoever makes it', async () => {
  const { clinical, agent } = createMemorySpool();
  const refuses = async () => fail(ioFault('EIO'));
  const told: SpoolFault[] = [];
  const note = (cause: SpoolFault): void => void told.push(cause);
  let isWell = true;
  const box = clinicalSpoolThatEnds(
    { ...clinical, putPack: async (...put) => (isWell ? clinical.putPack(...put) : refuses()) },
    note,
  );
  await box.putPack(packId, pack);
  isWell = false;
  await box.putPack(packId, pack);
  assert.equal(told.length, 1);

  const side = agentSpoolThatEnds({ ...agent, finishPart: refuses }, note);
  await side.putCustody(packId, pack);
  await side.finishPart(packId);
  assert.equal(told.length, 2);
});

test('a full disk, a file that is gone and a disk that took nothing yet end nothing', async () => {
  const { clinical } = createMemorySpool();
  const told: SpoolFault[] = [];
  const answers = [
    fail(ioFault('EIO')),
    ok(undefined),
    fail(fault('spool/full', 'It is full', 'Make room', 'later')),
    fail(fault('spool/missing', 'It is gone', 'Wait', 'later')),
    fail(ioFault('EACCES')),
  ] as const;
  let turn = 0;
  const box = clinicalSpoolThatEnds(
    { ...clinical, markTaken: async () => answers[turn++] ?? ok(undefined) },
    (cause) => told.push(cause),
  );
  for (const _ of answers) await box.markTaken(packId);
  assert.deepEqual(told, []);
});
