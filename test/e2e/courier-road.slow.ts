import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CenterStatus } from '#sync/center/status.ts';
import { ask } from '../demo/socket-client.ts';
import { courier } from '../support/stick.ts';
import { until } from '../support/until.ts';
import { dropFile } from './crash-load.ts';
import { missingOf } from './crash-oracle.ts';
import { compilePrograms, openCrashRoad, type RoadProgram } from './crash-road.ts';

const packsBelow = (folder: string) =>
  readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.spk'));

/** A road of real programs, and a stick. */
async function openRoad(t: TestContext) {
  await compilePrograms();
  const road = await openCrashRoad(t);
  const { site } = road;
  await site.confirmBox();
  const stick = join(site.root, 'usb');
  await mkdir(stick);
  const carry = async (...args: readonly string[]): Promise<void> => {
    const said = await courier([...args, '--json']);
    assert.deepEqual([said.code, said.report['refused']], [0, []], said.error + said.out);
  };
  const waiting = (side: 'box' | 'center') =>
    packsBelow(join(site.root, `${side}-spool/out/new`)).length;
  const atRelay = () => packsBelow(join(site.root, 'relay/packs')).length;
  const out = ['export', '--to', stick, '--folder'];
  const into = ['import', '--from', stick];
  const { config } = site;
  return {
    ...road,
    up: (...names: readonly RoadProgram[]) =>
      Promise.all(
        names.map(async (name) => {
          const program = road.start(name);
          await program.ready;
          return program;
        }),
      ),
    export: (file: string, ...more: readonly string[]) => carry(...out, '--config', file, ...more),
    import: (file: string) => carry(...into, '--config', file),
    /** One study from the modality, which the box has when this returns. */
    study: (seed: number) =>
      road.load(AbortSignal.abort(), {
        ...{ pauseMs: 1, slices: 3, largeEvery: 0, seed, reports: false },
      }),
    /** From the box to the center and into the PACS. */
    byStick: () =>
      until('the PACS has what the stick brought', 60_000, async () => {
        await carry(...out, '--config', config.boxAgent);
        await carry(...into, '--config', config.centerAgent);
        return [...road.acknowledged.keys()].every((digest) => road.atPacs.has(digest));
      }),
    missing: () => missingOf(site, road),
    waiting,
    atRelay,
    /** Until all that waited went over the link, and was fetched at the other end. */
    emptied: () =>
      until('the link carries the rest', 60_000, () => {
        return waiting('box') + waiting('center') + atRelay() === 0;
      }),
    async report() {
      const [first] = road.acknowledged.values();
      const uid = first?.attributes.studyInstanceUid ?? '';
      road.reports.set(uid, 'Nothing seen.');
      await dropFile(join(site.reportFolder, `${uid}.txt`), 'Nothing seen.');
    },
    quarantined: async () =>
      (await ask<CenterStatus>(site.centerSocket, '/v1/status'))?.counts.quarantinedPacks,
  };
}

test('a study goes by stick, its receipt and report come back by stick, and the link then doubles nothing', async (t) => {
  const road = await openRoad(t);
  const { config } = road.site;
  await road.up('appliance', 'center');
  const agents = await road.up('boxAgent', 'centerAgent');
  await road.study(11);
  await road.byStick();
  await road.report();
  await until('receipt and report are back', 60_000, async () => {
    await road.export(config.centerAgent);
    await road.import(config.boxAgent);
    return (await road.missing()) === undefined;
  });

  // No relay ran until now. Agents that never reached one come seldom, fresh ones at once.
  await Promise.all(agents.map((agent) => agent.stop('SIGTERM')));
  await road.up('relay');
  const both = await road.up('boxAgent', 'centerAgent');
  await road.emptied();
  assert.equal(await road.missing(), undefined);

  // The stick brings a study, and then the link brings the same packs: no receipt is back to stop it.
  await Promise.all(both.map((agent) => agent.stop('SIGTERM')));
  await road.study(12);
  await road.byStick();
  const [boxAgent] = await road.up('boxAgent');
  await until('the relay has what the stick brought', 60_000, () => road.waiting('box') === 0);
  assert.ok(road.atRelay() > 1, 'data and manifest lie there');
  await road.up('centerAgent');
  await road.emptied();
  assert.equal(await road.missing(), undefined);

  // The answers to a study that came by stick are at the relay: it fills the stick for the way back.
  await boxAgent?.stop('SIGTERM');
  await road.study(13);
  await road.byStick();
  await until('the receipt comes from the relay by stick', 60_000, async () => {
    await road.export(config.relay, '--relay');
    await road.import(config.boxAgent);
    return (await road.missing()) === undefined;
  });
  await road.up('boxAgent');
  await road.emptied();
  assert.equal(await road.missing(), undefined);
  assert.equal(road.acknowledged.size, 9);
  assert.equal(road.storedAgain(), 0, 'each object is at the PACS once');
  assert.equal(await road.quarantined(), 0);
});
