import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf } from '#test/support/pack-bytes.ts';
import {
  boxMailbox,
  courier,
  openCourierWorld,
  otherMailbox,
  packFor,
  prepareSpool,
  threePacks,
  waitingPacks,
} from '#test/support/stick.ts';

const { stat, data, prior } = waitingPacks;
const sorted = (packs: unknown): readonly string[] => [...(packs as readonly string[])].sort();

test('with --center only what is for that center goes, and the answers of it come home', async (t) => {
  const { box, stick, center } = await openCourierWorld(t);
  const out = (...more: readonly string[]) =>
    courier([
      ...['export', '--to', stick.dir, '--folder', '--json', '--config', box.config],
      ...more,
    ]);
  const into = (config = center.config) =>
    courier(['import', '--from', stick.dir, '--json', '--config', config]);
  const names = [
    { code: '1111-1111', name: 'First Center' },
    { code: '2222-2222', name: 'Second Center' },
  ];
  const first = await prepareSpool(box.spoolDir, boxMailbox, undefined, names[0]);
  const secondMailbox = 'b1'.repeat(16);
  const second = await prepareSpool(box.spoolDir, secondMailbox, '5e'.repeat(8), names[1]);
  const elsewhere = packFor(otherMailbox, 'data for the second center');
  await first.send(threePacks);
  await second.send([{ bytes: elsewhere, class: 2 }]);

  for (const wrong of ['Third Center', '2222']) {
    const refused = await out('--center', wrong);
    assert.equal(refused.code, 64);
    assert.match(refused.error, /1111-1111 First Center, 2222-2222 Second Center/);
  }
  assert.equal((await out('--center', 'Second Center', '--relay')).code, 64);
  assert.equal((await out('--center', 'Second Center', '--mailbox', otherMailbox)).code, 64);
  const bySecond = await out('--center', 'second  CENTER');
  assert.deepEqual([bySecond.code, bySecond.report['written']], [0, [idOf(elsewhere)]]);
  const byFirst = await out('--center', '1111-1111');
  assert.deepEqual(byFirst.report['written'], [stat, data, prior].map(idOf));
  assert.deepEqual(sorted((await into()).report['taken']), [stat, data, prior].map(idOf).sort());

  // The way back: each center writes its answers, and they lie where the box's side for it looks.
  const answers = [packFor(boxMailbox, 'answer 1'), packFor(secondMailbox, 'answer 2')];
  await center.send(answers.map((bytes) => ({ bytes, class: 1 as const })));
  const back = ['export', '--to', stick.dir, '--folder', '--json', '--config', center.config];
  assert.equal((await courier([...back, '--center', 'any'])).code, 64, 'a center serves no center');
  assert.equal((await courier(back)).code, 0);
  const home = await into(box.config);
  assert.deepEqual(sorted(home.report['taken']), answers.map(idOf).sort());
  assert.deepEqual(
    [await first.clinical.arrivedPacks(), await second.clinical.arrivedPacks()],
    answers.map((bytes) => [idOf(bytes)]),
  );
});
