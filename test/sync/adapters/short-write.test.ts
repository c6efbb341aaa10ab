import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';

const id = 'ab'.repeat(32);

/** What a process says that may write no file beyond 8 KiB: the write that reaches it is cut, as by a full disk. */
async function inSmallFiles(t: TestContext, script: string): Promise<unknown> {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-short-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const args = ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath];
  const { stdout } = await promisify(execFile)('bash', [...args, script], {
    env: { ...process.env, DIR: dir },
  });
  return JSON.parse(stdout);
}

test('a relay does not count a piece as written of which the disk took half', async (t) => {
  const said = await inSmallFiles(
    t,
    `import { openPackStore } from '#sync/adapters/pack-store-folder.ts';
     const store = await openPackStore(process.env.DIR);
     const key = { center: '${id}', handle: '${id.slice(32)}', packId: '${id}' };
     const first = await store.writePart(key, 0, new Uint8Array(6_000));
     const second = await store.writePart(key, 6_000, new Uint8Array(6_000));
     console.log(JSON.stringify([first.ok, second.ok]));`,
  );
  assert.deepEqual(said, [true, false]);
});

test('an agent does not count a piece as fetched of which the disk took half', async (t) => {
  const said = await inSmallFiles(
    t,
    `import { openAgentSpool } from '#sync/adapters/spool-folder.ts';
     const spool = await openAgentSpool(process.env.DIR);
     const first = await spool.appendPart('${id}', 0, new Uint8Array(6_000));
     const second = await spool.appendPart('${id}', 6_000, new Uint8Array(6_000));
     console.log(JSON.stringify([first.ok, second.ok]));`,
  );
  assert.deepEqual(said, [true, false]);
});
