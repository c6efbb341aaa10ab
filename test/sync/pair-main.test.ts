import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { main } from '#sync/pair-main.ts';
import { createSeededRandom } from '../support/random-seeded.ts';

/** A center with keys, and the `outpost pair` command beside it. */
async function createDesk(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-pair-'));
  t.after(() => rm(dir, { recursive: true }));
  const config = join(dir, 'center.json');
  const [dataDir, agentDataDir, rootDir] = ['data', 'agent', 'root'].map((name) => join(dir, name));
  if (!dataDir || !agentDataDir || !rootDir) throw new Error('No folders');
  const center = { name: 'READING CENTER', phone: '123', relays: [], codingMax: 1 };
  await makeCenterKeys({ ...center, dataDir, agentDataDir, rootDir }, createSeededRandom('desk'));
  await writeFile(config, JSON.stringify({ dataDir }));
  return {
    dir,
    async pair(...args: readonly string[]) {
      let complaint = '';
      const out = t.mock.method(process.stdout, 'write', () => true);
      const err = t.mock.method(process.stderr, 'write', (text: string) => {
        complaint += text;
        return true;
      });
      try {
        return { code: await main([...args, '--config', config]), complaint };
      } finally {
        out.mock.restore();
        err.mock.restore();
      }
    },
  };
}

test('a card is made for a site code and nothing else', async (t) => {
  const { dir, pair } = await createDesk(t);
  const file = join(dir, 'card.txt');
  const refused = await pair('card', '--site', 'clinic', '--out', file);
  assert.equal(refused.code, 65);
  assert.match(refused.complaint, /^Cannot use --site "clinic": it is no site code\. Give /);
  assert.deepEqual(await pair('card', '--site', 'CLINIC-01', '--out', file), {
    code: 0,
    complaint: '',
  });
  assert.match(await readFile(file, 'utf8'), /^([0-9A-Z]{5}-){15}[0-9A-Z]{5}\n$/);
});

test('a folder that is not there is told, not thrown', async (t) => {
  const { dir, pair } = await createDesk(t);
  const told = await pair('card', '--site', 'CLINIC-01', '--out', join(dir, 'no', 'card.txt'));
  assert.equal(told.code, 65);
  assert.match(told.complaint, /^Cannot finish: ENOENT.*Check the folder, its disk/);
});

test('a command that lacks an option is told what there is', async (t) => {
  const { pair } = await createDesk(t);
  for (const args of [[], ['card'], ['cancel'], ['grant'], ['nonsense']]) {
    const told = await pair(...args);
    assert.equal(told.code, 64);
    assert.match(told.complaint, /^A command, or what it needs, is missing\./);
  }
});
