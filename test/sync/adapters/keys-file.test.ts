import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  makeBoxKeys,
  readBoxPeers,
  readCenterTickets,
  readSeed,
  writeSeed,
} from '#sync/adapters/keys-file.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { expectOk } from '#sync/core/result.ts';

test('a seed is read back as it was written, and only its owner may read the file', async (t) => {
  const path = join(await folder(t), 'identity.seed');
  const seed = systemRandom.bytes(32);
  await writeSeed(path, seed);
  assert.deepEqual(expectOk(await readSeed(path)), seed);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a seed that is missing, damaged or open to others is refused, each with its reason', async (t) => {
  const path = join(await folder(t), 'identity.seed');
  const kindOf = async (): Promise<string> => {
    const read = await readSeed(path);
    return read.ok ? 'ok' : read.fault.kind;
  };
  assert.equal(await kindOf(), 'keys/missing');
  await writeFile(path, 'no seed', { mode: 0o600 });
  assert.equal(await kindOf(), 'keys/damaged');
  await writeSeed(path, systemRandom.bytes(32));
  await chmod(path, 0o644);
  assert.equal(await kindOf(), 'keys/exposed');
});

test('keys of a box are made once and never replaced', async (t) => {
  const dataDir = await folder(t);
  const first = expectOk(await makeBoxKeys(dataDir, systemRandom));
  const second = expectOk(await makeBoxKeys(dataDir, systemRandom));
  assert.deepEqual(second, first);
  await writeFile(join(dataDir, 'keys', 'receive.seed'), 'damaged');
  assert.ok(!(await makeBoxKeys(dataDir, systemRandom)).ok);
});

test('a record that does not parse is left out', async (t) => {
  const dataDir = await folder(t);
  await mkdir(join(dataDir, 'peers'));
  await writeFile(join(dataDir, 'peers', 'a.json'), '{');
  await writeFile(join(dataDir, 'peers', 'b.json'), '{"format": 1}');
  assert.deepEqual(await readBoxPeers(dataDir), []);
});

test('records that cannot be listed are a broken disk, not no records: nobody is shut out for it', async (t) => {
  const dataDir = await folder(t);
  assert.deepEqual(await readCenterTickets(dataDir), [], 'before the first one');
  await writeFile(join(dataDir, 'peers'), 'no folder');
  await assert.rejects(readCenterTickets(dataDir), { code: 'ENOTDIR' });
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'outpost-keys-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}
