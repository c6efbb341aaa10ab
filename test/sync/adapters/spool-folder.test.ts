import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openAgentSpool, openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import { largestPackSizeBytes } from '#sync/wire/limits.ts';
import { type SpoolPair, spoolContract } from '#test/contract/spool.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

async function openPair(): Promise<SpoolPair & { readonly dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-spool-'));
  return {
    dir,
    clinical: await openClinicalSpool(dir),
    agent: await openAgentSpool(dir),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

spoolContract('folder', openPair);

const packId = idOf(seededBytes('x', 10));

test('folders and files have the modes that keep the zones apart', async () => {
  const { dir, clinical, close } = await openPair();
  await clinical.putPack(packId, Uint8Array.of(1));
  assert.equal(statSync(join(dir, 'out')).mode & 0o7777, 0o2750);
  assert.equal(statSync(join(dir, 'in', 'new')).mode & 0o7777, 0o2750);
  assert.equal(statSync(join(dir, 'out', 'new', `${packId}.spk`)).mode & 0o777, 0o640);
  await close();
});

test('folders that setup made keep their modes', async () => {
  const { dir, close } = await openPair();
  chmodSync(join(dir, 'out'), 0o2770);
  await openClinicalSpool(dir);
  assert.equal(statSync(join(dir, 'out')).mode & 0o7777, 0o2770);
  await close();
});

test('each side starts and answers while the other side has made nothing yet', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-spool-'));
  const clinical = await openClinicalSpool(dir);
  assert.deepEqual(await clinical.arrivedPacks(), []);
  assert.equal((await clinical.custodyPacks()).length, 0);
  await rm(dir, { recursive: true });
  const agent = await openAgentSpool(dir);
  assert.deepEqual(await agent.outgoing(), []);
  assert.deepEqual(await agent.incoming(), { held: [], taken: [] });
  await rm(dir, { recursive: true });
});

test('a symlink, a FIFO, a folder and a file too large from the other zone are refused, not read', async () => {
  const { dir, clinical, close } = await openPair();
  const path = join(dir, 'in', 'new', `${packId}.spk`);
  const kindOf = async (): Promise<string> => {
    const read = await clinical.readArrived(packId);
    return read.ok ? 'read' : read.fault.kind;
  };
  symlinkSync('/etc/hostname', path);
  assert.equal(await kindOf(), 'spool/refused');
  await rm(path);
  execFileSync('mkfifo', [path]);
  assert.equal(await kindOf(), 'spool/refused');
  await rm(path);
  writeFileSync(path, '');
  truncateSync(path, largestPackSizeBytes + 1);
  assert.equal(await kindOf(), 'spool/refused');
  truncateSync(path, largestPackSizeBytes);
  assert.equal(await kindOf(), 'read');
  await close();
});

test('names that are no pack ids are ignored', async () => {
  const { dir, clinical, close } = await openPair();
  for (const name of ['x.spk', `${packId}.spk.tmp`, `${packId.toUpperCase()}.spk`, '..spk']) {
    writeFileSync(join(dir, 'in', 'new', name), 'x');
  }
  assert.deepEqual(await clinical.arrivedPacks(), []);
  await close();
});

test('a register that does not parse is refused by name', async () => {
  const { dir, agent, close } = await openPair();
  for (const text of [
    '{',
    '{"format":2}',
    'null',
    '{"format":1,"wake":0,"packs":[],"holds":[],"x":1}',
  ]) {
    writeFileSync(join(dir, 'out', 'order.json'), text);
    const order = await agent.readOrder();
    assert.equal(!order.ok && order.fault.kind, 'spool/refused');
  }
  await close();
});

test('a restart drops half-written temporaries and keeps unfinished packs', async () => {
  const { dir, agent, close } = await openPair();
  await agent.appendPart(packId, 0, Uint8Array.of(1, 2, 3));
  writeFileSync(join(dir, 'in', 'tmp', '.agent.json.77.1'), 'half');
  const again = await openAgentSpool(dir);
  assert.equal(await again.partSize(packId), 3);
  assert.deepEqual(readdirSync(join(dir, 'in', 'tmp')), [`${packId}.part`]);
  await close();
});
