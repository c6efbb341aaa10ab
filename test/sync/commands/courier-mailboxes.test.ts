import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPackStore } from '#sync/adapters/pack-store-folder.ts';
import { expectOk } from '#sync/core/result.ts';
import { idOf } from '#test/support/pack-bytes.ts';
import {
  boxMailbox,
  courier,
  openStickWorld,
  otherMailbox,
  packFor,
  prepareSpool,
  threePacks,
  waitingPacks,
} from '#test/support/stick.ts';

const { stat, data, prior } = waitingPacks;

const sorted = (packs: unknown): readonly string[] => [...(packs as readonly string[])].sort();

test('a relay fills the stick with the answers to whoever filled it', async (t) => {
  const { root, box, stick, out, into } = await openStickWorld(t);
  const dataDir = join(root, 'relay');
  const store = await openPackStore(dataDir);
  const answer = packFor(boxMailbox, 'answer');
  for (const bytes of [answer, data, packFor(otherMailbox, 'another')]) {
    const key = { center: '00'.repeat(32), handle: boxMailbox, packId: idOf(bytes) };
    expectOk(await store.writePart(key, 0, bytes));
    assert.equal(expectOk(await store.finishPart(key, bytes.length)), true);
  }
  const config = join(root, 'relay.json');
  const rest = { dataDir, port: 0, relayId: 'r', roots: ['00'.repeat(32)] };
  writeFileSync(config, JSON.stringify({ format: 1, ...rest }));
  const fill = (...more: readonly string[]) =>
    courier([
      'export',
      '--relay',
      '--to',
      stick.dir,
      '--folder',
      '--config',
      config,
      '--json',
      ...more,
    ]);
  const unasked = await fill();
  assert.equal(unasked.code, 65);
  assert.match(unasked.error, new RegExp(`--mailbox; packs wait for .*${boxMailbox} \\(1\\)`));

  await box.send(threePacks);
  await out();
  assert.deepEqual((await fill()).report['written'], [idOf(answer)]);
  assert.deepEqual((await fill('--mailbox', otherMailbox)).report['written'], [
    idOf(packFor(otherMailbox, 'another')),
  ]);
  const home = await into(box.config);
  assert.deepEqual([home.code, home.report['taken']], [0, [idOf(answer)]]);
});

test('a box with two centers: the stick carries the packs of both, and the answers of both come home', async (t) => {
  const { root, box, stick, center, out, into } = await openStickWorld(t);
  const secondMailbox = 'b1'.repeat(16);
  const second = await prepareSpool(box.spoolDir, secondMailbox, '5e'.repeat(8));
  const elsewhere = packFor(otherMailbox, 'data for the second center');
  const urgent = packFor(otherMailbox, 'stat for the second center');
  await box.send(threePacks);
  await second.send([
    { bytes: elsewhere, class: 2 },
    { bytes: urgent, class: 0 },
  ]);
  const went = await out();
  assert.equal(went.code, 0, went.error);
  const written = [stat, urgent, data, elsewhere, prior].map(idOf);
  assert.deepEqual(went.report['written'], written, 'STAT of both goes before data of either');
  const index: unknown = JSON.parse(readFileSync(join(stick.folder, 'index.json'), 'utf8'));
  assert.partialDeepStrictEqual(index, { answerTo: boxMailbox, answerAlsoTo: [secondMailbox] });

  const atCenter = await into();
  assert.deepEqual(
    [atCenter.code, sorted(atCenter.report['taken']), sorted(atCenter.report['foreign'])],
    [0, [stat, data, prior].map(idOf).sort(), [elsewhere, urgent].map(idOf).sort()],
    'the first center takes its own and leaves those of the second on the stick',
  );

  const dataDir = join(root, 'relay');
  const store = await openPackStore(dataDir);
  const answers = [packFor(boxMailbox, 'first'), packFor(secondMailbox, 'second')];
  for (const bytes of answers) {
    const key = { center: '00'.repeat(32), handle: boxMailbox, packId: idOf(bytes) };
    expectOk(await store.writePart(key, 0, bytes));
    assert.equal(expectOk(await store.finishPart(key, bytes.length)), true);
  }
  const config = join(root, 'relay.json');
  const rest = { dataDir, port: 0, relayId: 'r', roots: ['00'.repeat(32)] };
  writeFileSync(config, JSON.stringify({ format: 1, ...rest }));
  const filled = await courier([
    ...['export', '--relay', '--to', stick.dir, '--folder', '--config', config],
  ]);
  assert.equal(filled.code, 0, filled.error);

  const home = await into(box.config, '--clear');
  assert.deepEqual([home.code, sorted(home.report['taken'])], [0, answers.map(idOf).sort()]);
  const arrived = [await box.clinical.arrivedPacks(), await second.clinical.arrivedPacks()];
  assert.deepEqual(
    arrived,
    answers.map((bytes) => [idOf(bytes)]),
    'each lies where its own agent and the clinical side look for it',
  );
  assert.deepEqual(
    [await center.clinical.arrivedPacks().then((packs) => packs.length), stick.names().length],
    [3, 6],
    'the packs for the centers are still on the stick',
  );
});

test('a box whose second center is not paired to the end takes what the first sends', async (t) => {
  const { box, stick, center, out, into } = await openStickWorld(t);
  mkdirSync(join(box.spoolDir, 'out/centers', '5e'.repeat(8)), { recursive: true });
  const answer = packFor(boxMailbox, 'answer');
  await center.send([{ bytes: answer, class: 1 }]);
  const filled = await courier([
    ...['export', '--to', stick.dir, '--folder', '--config', center.config],
  ]);
  assert.equal(filled.code, 0, filled.error);
  assert.deepEqual((await into(box.config)).report['taken'], [idOf(answer)]);
  assert.equal((await out()).code, 0);
});
