import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Failpoint, failpointNames, failpoints } from '#sync/core/failpoint.ts';
import {
  type CrashRoad,
  endOf,
  openCrashRoad,
  pause,
  type RoadProgram,
  roadPrograms,
} from './crash-road.ts';

type Table = typeof failpoints;

/** `segment` stands for all its steps, in the order in which they are passed. */
const stepsOf = (...what: readonly (keyof Table)[]): readonly Failpoint[] =>
  what.flatMap((each) => failpoints[each].map((step) => `${each}/${step}` as Failpoint));

const clinicalSpool = [
  'sequence',
  'spool-peer',
  'spool-order',
  'spool-pack',
  'spool-taken',
] as const;
const agent = ['agent-state', 'agent-public', 'agent-part', 'agent-ack', 'agent-journal'] as const;

/** Where programs are killed, side by side; the others work on. */
type Phase = Readonly<Partial<Record<RoadProgram, readonly Failpoint[]>>>;

/** What is passed once only, at the start of the road, stands first. */
const relayPhase: Phase = {
  relay: stepsOf('relay-list', 'relay-part', 'relay-row', 'relay-taken'),
};

const mainPhase: Phase = {
  appliance: [
    ...stepsOf('segment', 'catalog', 'facts', ...clinicalSpool, 'spool-sent'),
    ...stepsOf('box-letter', 'box-quarantine'),
  ],
  boxAgent: stepsOf('agent-custody', ...agent),
  centerAgent: stepsOf(...agent),
  center: [
    ...stepsOf('center-held', 'center-access', 'spool-public', ...clinicalSpool),
    ...stepsOf('center-object', 'center-range', 'center-join', 'center-entry', 'ledger'),
    ...stepsOf('delivery', 'center-delivered', 'center-quarantine', 'spool-sent'),
    ...stepsOf('report-document', 'report-record', 'report-source'),
  ],
};

/** A report comes to the box when the center is well. */
const all: readonly Phase[] = [relayPhase, mainPhase, { appliance: stepsOf('box-document') }];

/** Between two of these lies every gap where a process may lose or double something. */
const some: readonly Phase[] = [
  {
    relay: [
      ...(['relay-part/appended', 'relay-part/synced', 'relay-part/durable'] as const),
      ...(['relay-row/added', 'relay-taken/marked'] as const),
    ],
  },
  {
    appliance: [
      ...(['segment/written', 'segment/synced', 'segment/durable'] as const),
      ...(['catalog/answered', 'catalog/added', 'facts/durable', 'spool-pack/durable'] as const),
      'box-letter/durable',
    ],
    boxAgent: ['agent-custody/durable', 'agent-part/synced', 'agent-part/durable'],
    centerAgent: ['agent-part/renamed', 'agent-ack/told'],
    center: [
      ...([
        'center-object/durable',
        'center-entry/durable',
        'ledger/recorded',
        'ledger/sending',
      ] as const),
      ...(['delivery/answered', 'center-delivered/durable', 'spool-pack/durable'] as const),
      'report-record/durable',
    ],
  },
];

const namesOf = (phases: readonly Phase[]): readonly Failpoint[] =>
  phases.flatMap((phase) => Object.values(phase).flat());

const isFull = process.env['OUTPOST_FAILPOINTS'] === 'all';
const patienceMs = isFull ? 90_000 : 45_000;

test('every failpoint of the table is one where a program of the road is killed', () => {
  const listed = new Set(namesOf(all));
  assert.deepEqual(
    failpointNames.filter((name) => !listed.has(name)),
    [],
  );
});

test(`killed at each failpoint (${isFull ? 'all' : 'a choice; all with OUTPOST_FAILPOINTS=all'}), the road loses and doubles nothing`, async (t) => {
  const road = await openCrashRoad(t);
  const plan = isFull ? all : some;
  if (!isFull) await road.site.confirmBox();
  const stop = new AbortController();
  const seed = 1 + (Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}`);
  const load = road.load(stop.signal, {
    ...{
      pauseMs: isFull ? 1_500 : 400,
      slices: 2,
      largeEvery: isFull ? 8 : 0,
      seed,
      reports: true,
    },
  });
  const events = isFull ? provoke(road, stop.signal) : undefined;
  const running = new Map(roadPrograms.map((program) => [program, road.start(program)]));
  try {
    for (const phase of plan) {
      // Fresh agents do not remember how long the relay was away.
      for (const program of running.values()) await program.stop('SIGKILL');
      await Promise.all(
        roadPrograms.map(async (program) => {
          await killAtEach(road, program, phase[program] ?? [], stop.signal);
          running.set(program, road.start(program));
          await running.get(program)?.ready;
        }),
      );
    }
  } finally {
    stop.abort();
  }
  await load;
  await events;
  assert.equal(await road.settle(60_000), undefined);

  const centerKills = plan.length + plan.flatMap(({ center = [] }) => center).length;
  const resent = await road.resentAfterCrash();
  const again = [...road.atPacs.values()].reduce((sum, count) => sum + count - 1, 0);
  t.diagnostic(
    `${namesOf(plan).length} kills, ${road.acknowledged.size} instances, ${again} stored again, ${resent} counted`,
  );
  assert.ok(again <= resent, `${again} were stored again and ${resent} were counted`);
  assert.ok(again <= centerKills, `one instance a kill of the center, and not ${again}`);
  assert.deepEqual(
    [...road.atPacs.keys()].filter((digest) => !road.acknowledged.has(digest)),
    [],
  );
});

/** Starts a program again and again, each time to die at the next failpoint. */
async function killAtEach(
  road: CrashRoad,
  program: RoadProgram,
  names: readonly Failpoint[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    if (signal.aborted) return;
    if (name === 'center-access/written') await road.site.confirmBox();
    const how = await endOf(road.start(program, name), patienceMs);
    assert.equal(how, 'SIGKILL', `${program} does not come to ${name}`);
  }
}

/** What a quiet road does not show: packs that are none, and access lists that change. */
async function provoke(road: CrashRoad, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await road.forgePacks();
    await road.site.makeCard();
    await pause(4_000);
  }
}
