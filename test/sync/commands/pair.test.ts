import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readCenterTickets } from '#sync/adapters/keys-file.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { createStudyStore } from '#sync/adapters/study-store-folder.ts';
import { main } from '#sync/commands/pair.ts';
import { expectOk } from '#sync/core/result.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

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
    dataDir,
    config,
    async pair(...args: readonly string[]) {
      let complaint = '';
      let said = '';
      const out = t.mock.method(process.stdout, 'write', (text: string) => {
        said += text;
        return true;
      });
      const err = t.mock.method(process.stderr, 'write', (text: string) => {
        complaint += text;
        return true;
      });
      try {
        return { code: await main([...args, '--config', config]), said, complaint };
      } finally {
        out.mock.restore();
        err.mock.restore();
      }
    },
  };
}

test('the list of tickets names boxes that no record of pairing names, and what is kept of them', async (t) => {
  const { dataDir, pair } = await createDesk(t);
  const store = createStudyStore(dataDir);
  const reason = {
    why: 'unknown-box',
    signer: 'ab'.repeat(32),
    at: '2026-01-15T12:00:00.000Z',
  } as const;
  for (const packId of ['11', '22']) {
    await store.hold({ ...reason, packId, sizeBytes: 1_500_000 }, new Uint8Array(3));
  }
  await store.hold({ ...reason, packId: '33', why: 'no-key', sizeBytes: 9 }, new Uint8Array(3));
  const { code, said } = await pair('list');
  assert.equal(code, 0);
  assert.match(
    said,
    /^unknown box abababababababab: 2 pack\(s\), 3 MB, kept sealed since 2026-01-15$/m,
  );
  const { unknownBoxes } = JSON.parse((await pair('list', '--json')).said);
  assert.deepEqual(unknownBoxes, [
    { identity: reason.signer, packs: 2, sizeBytes: 3_000_000, sinceAt: reason.at },
  ]);
});

test('a card is made for a site code and nothing else', async (t) => {
  const { dir, pair } = await createDesk(t);
  const file = join(dir, 'card.txt');
  const refused = await pair('card', '--site', 'clinic', '--out', file);
  assert.equal(refused.code, 65);
  assert.match(refused.complaint, /^Cannot use --site "clinic": it is no site code\. Give /);
  const made = await pair('card', '--site', 'CLINIC-01', '--out', file);
  assert.deepEqual([made.code, made.complaint], [0, '']);
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

test('a card is printed in numbered groups, as a QR code on the terminal and as a picture', async (t) => {
  const { dir, pair } = await createDesk(t);
  const [file, svg] = [join(dir, 'card.txt'), join(dir, 'card.svg')];
  const made = await pair('card', '--site', 'CLINIC-01', '--out', file, '--svg', svg, '--qr');
  assert.equal(made.code, 0);
  const groups = (await readFile(file, 'utf8')).trim().split('-');
  for (const [at, group] of groups.entries()) {
    assert.match(made.said, new RegExp(`(^|\\s)${at + 1}: ${group}(\\s|$)`));
  }
  assert.match(made.said, /\u2588\u2580|\u2580\u2588/);
  assert.match(await readFile(svg, 'utf8'), /^<svg /);
  assert.equal(((await stat(svg)).mode & 0o077) | ((await stat(file)).mode & 0o077), 0);
});

test('two operators admit a box together, each under an own name', async (t) => {
  const { dir, dataDir, config, pair } = await createDesk(t);
  await writeFile(config, JSON.stringify({ dataDir, operators: ['Ann', 'Ben'] }));
  const file = join(dir, 'card.txt');
  await pair('card', '--site', 'CLINIC-01', '--out', file);
  const box = { dataDir: join(dir, 'box'), agentDataDir: join(dir, 'box-agent') };
  const asked = expectOk(
    await requestPairing(
      box,
      {
        cardText: await readFile(file, 'utf8'),
        keyListText: await readFile(join(dataDir, 'keys', 'center.keys'), 'utf8'),
        ...{ site: 'CLINIC-01', version: '0.0.0', outDir: dir },
      },
      { clock: systemClock, random: systemRandom },
    ),
  );
  await pair('grant', asked.file, '--out', dir);
  const ticket = asked.peer.ticket;
  const words = ['confirm', '--words', (asked.peer.words ?? []).slice(4).join(' ')];
  assert.match((await pair(...words)).complaint, /two operators.*--operator NAME/);
  assert.match((await pair(...words, '--operator', 'Eve')).complaint, /"Eve" for an operator/);
  const half = await pair(...words, '--operator', 'Ann');
  assert.equal(half.code, 0);
  assert.match(half.said, /right, by Ann\. A second operator must agree/);
  assert.equal((await readCenterTickets(dataDir))[0]?.state, 'claimed');
  const approve = ['approve', '--ticket', ticket, '--out', dir, '--operator'];
  assert.match((await pair(...approve, 'Ann')).complaint, /"Ann" typed its words already/);
  assert.equal((await pair(...approve, 'Ben')).code, 0);
  assert.equal((await readCenterTickets(dataDir))[0]?.state, 'active');
  expectOk(await confirmAtBox(box, (asked.peer.words ?? []).slice(0, 4).join(' ')));
  const grant = await readFile(join(dir, `grant-${ticket}.spk`));
  assert.equal(expectOk(await acceptGrant(box, grant)).peer.state, 'active');
});
