import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syntheticSlice } from '../support/synthetic-ct.ts';
import type { Clinic, SoakProgram } from './plan.ts';
import { type ReportedWorld, reportOf, type Told } from './report.ts';

const slice = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);
const told: Told = {
  ...{ seed: '1', minutes: 30, plan: [], chaosS: 1_800, settledS: 1_800, missing: [], skipped: 0 },
};

interface Change {
  readonly atPacs?: ReadonlyMap<string, number>;
  readonly resent?: number | undefined;
  readonly kills?: number;
  readonly keepers?: ReportedWorld['keepers'];
}

/** One center with one clinic, whose one instance is at the PACS. */
function world(change: Change): ReportedWorld {
  const atPacs = new Map(change.atPacs ?? [['a', 1]]);
  const { resent = 0, kills = 0 } = change;
  const again = [...atPacs.values()].reduce((sum, count) => sum + count - 1, 0);
  const center = { center: 1, atPacs, storedAgain: () => again } as const;
  const clinic = {
    ledger: { acknowledged: new Map([['a', slice]]), atPacs, reports: new Map() },
    stat: new Set<string>(),
  };
  const keeper = { name: 'center-1', runs: [], kills, ends: [] } as const;
  return {
    centers: new Map([[1, { ...center, resentAfterCrash: async () => resent }]]),
    clinics: new Map<Clinic, typeof clinic>([[1, clinic]]),
    keepers: change.keepers ?? new Map([['center-1', keeper]]),
  };
}

/** A run of half an hour that grows by so much an hour. */
function elder(
  name: SoakProgram,
  growth: { readonly MB: number; readonly files?: number },
  fromMB = 100,
): ReportedWorld['keepers'] {
  const samples = Array.from({ length: 361 }, (_, index) => ({
    atS: index * 5,
    rssMB: fromMB + (index * 5 * growth.MB) / 3_600,
    openFiles: 40 + Math.floor((index * 5 * (growth.files ?? 0)) / 3_600),
  }));
  return new Map([[name, { name, runs: [{ samples }], kills: 0, ends: [] }]]);
}

const broken = async (change: Change) => (await reportOf(world(change), told)).broken;

test('where everything arrived once, nothing is broken', async () => {
  assert.deepEqual(await broken({}), []);
});

test('what is at the PACS and of nobody is told', async () => {
  const atPacs = new Map([
    ['a', 1],
    ['b', 1],
  ]);
  assert.match((await broken({ atPacs })).join(), /1 instances at the PACS are of nobody/);
});

test('twice at the PACS is forgiven once for each death that the center counted', async () => {
  const atPacs = new Map([['a', 2]]);
  assert.deepEqual(await broken({ atPacs, resent: 1, kills: 1 }), []);
  assert.match((await broken({ atPacs, resent: 0, kills: 1 })).join(), /took 1 instances twice/);
  assert.match((await broken({ atPacs, resent: 1, kills: 0 })).join(), /took 1 instances twice/);
});

test('what has not arrived stays in the report', async () => {
  const report = await reportOf(world({}), { ...told, missing: ['clinic 1: it is lost'] });
  assert.deepEqual(report.broken, ['clinic 1: it is lost']);
});

test('memory that grows is told, memory that rests or swings is not', async () => {
  const grown = await broken({ keepers: elder('relay-2', { MB: 120 }) });
  assert.match(grown.join(), /relay-2 grew by 120 MB an hour/);
  assert.deepEqual(await broken({ keepers: elder('relay-2', { MB: 20 }) }), []);
});

test('what came after the chaos does not make growth look small', async () => {
  const resting = { ...told, chaosS: 1_200 };
  const keepers = elder('relay-2', { MB: 120 });
  const [run] = keepers.get('relay-2')?.runs ?? [];
  const samples = (run?.samples ?? []).map((each) => ({
    ...each,
    rssMB: each.atS > 1_200 ? 60 : each.rssMB,
  }));
  const changed = new Map([
    ['relay-2' as const, { name: 'relay-2' as const, runs: [{ samples }], kills: 0, ends: [] }],
  ]);
  const report = await reportOf(world({ keepers: changed }), resting);
  assert.match(report.broken.join(), /relay-2 grew by 120 MB an hour/);
});

test('an appliance may keep what its bursts took, and a relay may not', async () => {
  assert.deepEqual(await broken({ keepers: elder('appliance-4', { MB: 120 }) }), []);
  const grown = await broken({ keepers: elder('appliance-4', { MB: 240 }) });
  assert.match(grown.join(), /appliance-4 grew by 240 MB an hour/);
});

test('files that are forgotten are told', async () => {
  const held = await broken({ keepers: elder('boxAgent-4', { MB: 0, files: 200 }) });
  assert.match(held.join(), /boxAgent-4 held 56 files open, and 12\d at the end/);
});

test('nobody takes more than the unit allows: a center may, where an agent may not', async () => {
  const of = (name: SoakProgram) => broken({ keepers: elder(name, { MB: 0 }, 500) });
  assert.match((await of('centerAgent-2')).join(), /took 500 MB, and its unit allows 403/);
  assert.deepEqual(await of('center-2'), []);
});
