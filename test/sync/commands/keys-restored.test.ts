import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { renewKeyList } from '#sync/adapters/center-keys-change.ts';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { main } from '#sync/commands/keys.ts';
import { exitCode } from '#sync/core/exit.ts';
import { expectOk } from '#sync/core/result.ts';
import { openKeyListChain } from '#sync/seal/key-list-chain.ts';

/** A center that was put back from its backup, and the newer list that it made before. */
async function restoredCenter(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-keys-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const at = (name: string) => join(root, name);
  const place = { dataDir: at('center'), rootDir: at('stick') };
  const facts = { name: 'DEMO CENTER', phone: '000', codingMax: 1, relays: [] };
  await makeCenterKeys({ ...facts, ...place, agentDataDir: at('agent') }, systemRandom);
  const listPath = join(place.dataDir, 'keys', 'center.keys');
  await cp(listPath, at('backup.keys'));
  expectOk(await renewKeyList(place, { clock: systemClock }));
  await cp(listPath, at('newest.keys'));
  await cp(at('backup.keys'), listPath);
  const config = at('center.json');
  await writeFile(config, JSON.stringify({ dataDir: place.dataDir, spoolDir: at('spool') }));

  const said = { out: '', err: '' };
  t.mock.method(process.stdout, 'write', (text: string) => (said.out += text));
  t.mock.method(process.stderr, 'write', (text: string) => (said.err += text));
  return {
    at,
    place,
    restored: async (...more: readonly string[]) => {
      Object.assign(said, { out: '', err: '' });
      const own = ['restored', '--config', config, '--root-dir', place.rootDir];
      return { code: await main([...own, ...more]), ...said };
    },
    list: async () => expectOk(openKeyListChain(await readFile(listPath, 'utf8'), {})).list,
  };
}

test('without a list from outside of the backup nothing is signed, and the answer says where to get one', async (t) => {
  const center = await restoredCenter(t);
  const before = await center.list();
  const { code, err } = await center.restored();
  assert.equal(code, exitCode.data);
  assert.match(err, /--known FILE/);
  assert.deepEqual(await center.list(), before);
});

test('the list that the agent fetched from a relay is enough', async (t) => {
  const center = await restoredCenter(t);
  const brought = center.at('spool/in/public');
  await mkdir(brought, { recursive: true });
  await cp(center.at('newest.keys'), join(brought, 'center.keys'));
  const before = await center.list();
  const { code, out } = await center.restored();
  assert.equal(code, exitCode.ok);
  assert.match(out, /list 3/i);
  const list = await center.list();
  assert.equal(list.list, 3, 'above the one that the boxes have');
  assert.notDeepEqual(list.ledger, before.ledger);
});

test('a list that is named is enough, and the last of several counts', async (t) => {
  const center = await restoredCenter(t);
  const files = ['backup.keys', 'newest.keys'].map(center.at);
  const { code, out } = await center.restored(
    '--json',
    ...files.flatMap((file) => ['--known', file]),
  );
  assert.equal(code, exitCode.ok);
  assert.equal((JSON.parse(out) as { list: number }).list, 3);
});

test('a file that is not there is named, and nothing is signed', async (t) => {
  const center = await restoredCenter(t);
  const { code, err } = await center.restored('--known', center.at('nowhere.keys'));
  assert.equal(code, exitCode.data);
  assert.match(err, /nowhere\.keys/);
  assert.equal((await center.list()).list, 1);
});

test('another list with the same number is gone on from with --force alone', async (t) => {
  const center = await restoredCenter(t);
  const named = (name: string) => ['--known', center.at(name)];
  const unaware = await center.restored(...named('backup.keys'));
  assert.equal(unaware.code, exitCode.ok);
  assert.equal((await center.list()).list, 2, 'the number that the newest list has, too');
  const refused = await center.restored(...named('newest.keys'));
  assert.equal(refused.code, exitCode.data);
  assert.match(refused.err, /--force/);
  assert.equal((await center.list()).list, 2);
  assert.equal((await center.restored(...named('newest.keys'), '--force')).code, exitCode.ok);
  assert.equal((await center.list()).list, 3);
});
