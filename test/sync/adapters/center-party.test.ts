import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { createAbilityFile, createCenterParty } from '#sync/adapters/center-party.ts';
import { DiskError } from '#sync/center/ports-disk.ts';
import { expectOk } from '#sync/core/result.ts';
import { createVirtualClock } from '../../support/clock-virtual.ts';
import { createSeededRandom } from '../../support/random-seeded.ts';

const ports = { clock: createVirtualClock(), random: createSeededRandom('center party') };

async function openPlace(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-party-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const dataDir = join(root, 'center');
  const place = { dataDir, agentDataDir: join(root, 'agent'), rootDir: join(root, 'stick') };
  const nowMs = ports.clock.nowMs();
  const center = { name: 'Center', phone: '+49 1', relays: [], codingMax: 1, ...place, nowMs };
  await makeCenterKeys(center, ports.random);
  return { dataDir, party: await createCenterParty(dataDir, ports) };
}

test('what is written is read back, also by the next start', async (t) => {
  const { dataDir, party } = await openPlace(t);
  assert.equal(await party.readAccessList(), undefined);
  await party.writeAccessList('list 1');
  assert.equal(await (await createCenterParty(dataDir, ports)).readAccessList(), 'list 1');
  const file = createAbilityFile(dataDir);
  assert.equal(await file.read(), undefined);
  await file.write('{}');
  assert.equal(await createAbilityFile(dataDir).read(), '{}');
  const { keyList, tickets, epochLeftDays } = expectOk(await party.readParty());
  assert.equal(keyList.name, 'Center');
  assert.deepEqual(tickets, []);
  assert.ok((epochLeftDays ?? 0) > 80);
});

test('a disk that fails is told as one under every port, so that the center ends or pauses for it', async (t) => {
  const { dataDir, party } = await openPlace(t);
  const isDisk = (cause: unknown): boolean =>
    cause instanceof DiskError && cause.fault.kind === 'center/io';
  await mkdir(join(dataDir, 'access.json'));
  await mkdir(join(dataDir, 'abilities.json'));
  await assert.rejects(party.readAccessList(), isDisk);
  await assert.rejects(party.writeAccessList('list'), isDisk);
  await assert.rejects(createAbilityFile(dataDir).read(), isDisk);
  await assert.rejects(createAbilityFile(dataDir).write('{}'), isDisk);
  await writeFile(join(dataDir, 'peers'), 'no folder');
  await assert.rejects(party.readParty(), isDisk);
  await assert.rejects(async () => party.stepTicket('t', { type: 'cancel' }), isDisk);
  await rm(join(dataDir, 'peers'));
  await rename(join(dataDir, 'keys', 'epochs.json'), join(dataDir, 'kept'));
  await mkdir(join(dataDir, 'keys', 'epochs.json'));
  await assert.rejects(party.readParty(), isDisk, 'dates that cannot be read are not no dates');
  await rename(join(dataDir, 'keys'), join(dataDir, 'lost'));
  await writeFile(join(dataDir, 'keys'), 'no folder');
  await assert.rejects(party.sequence.next(), isDisk);
  await rm(join(dataDir, 'keys'));
  await rename(join(dataDir, 'lost'), join(dataDir, 'keys'));
  assert.equal(await party.sequence.next(), 1n, 'the next one tries anew');
});
