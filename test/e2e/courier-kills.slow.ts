import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Failpoint, failpointNames, failpoints } from '#sync/core/failpoint.ts';
import { idOf } from '../support/pack-bytes.ts';
import { centerMailbox, courier, openCourierWorld, packFor } from '../support/stick.ts';

test('a courier killed at each durable step and run again carries everything, and never half a pack', async (t) => {
  const { box, center, stick } = await openCourierWorld(t);
  const packs = ['a', 'b', 'c', 'd', 'e', 'f'].map((seed) => packFor(centerMailbox, seed, 50_000));
  const ids = (await box.send(packs.map((bytes) => ({ bytes, class: 2 })))).toSorted();
  const killed = new Set<Failpoint>();
  const dieAt = async (what: keyof typeof failpoints, args: readonly string[], folder: string) => {
    for (const step of failpoints[what]) {
      const point = `${what}/${step}` as Failpoint;
      assert.equal((await courier(args, point)).code, 'SIGKILL', point);
      killed.add(point);
      for (const name of readdirSync(folder).filter((each) => /^[0-9a-f]+\.spk$/.test(each))) {
        assert.equal(
          `${idOf(readFileSync(join(folder, name)))}.spk`,
          name,
          `half a pack at ${point}`,
        );
      }
      assert.equal((await box.clinical.sentPacks()).length, packs.length);
    }
  };
  const out = ['export', '--to', stick.dir, '--folder', '--json', '--config', box.config];
  await dieAt('courier-pack', out, stick.folder);
  await dieAt('courier-index', out, stick.folder);
  const went = await courier(out);
  assert.deepEqual([went.code, went.report['refused']], [0, []]);
  assert.deepEqual(stick.names(), [...ids.map((id) => `${id}.spk`), 'index.json']);

  const into = ['import', '--from', stick.dir, '--clear', '--json', '--config', center.config];
  const arrived = join(center.spoolDir, 'in/new');
  await dieAt('courier-taken', into, arrived);
  await dieAt('courier-cleared', into, arrived);
  const came = await courier(into);
  // The list still names what a killed run took away, so it may say that these are missing; none of them is.
  assert.ok(came.code === 0 || came.code === 1, came.error);
  assert.deepEqual([came.report['refused'], came.report['noRoom']], [[], []]);
  assert.deepEqual((await center.clinical.arrivedPacks()).toSorted(), ids);
  assert.deepEqual(stick.names(), ['index.json']);
  assert.deepEqual((await courier(into)).report['missing'], []);
  assert.deepEqual(
    failpointNames.filter((name) => name.startsWith('courier-') && !killed.has(name)),
    [],
    'each step was one where a courier was killed',
  );
});
