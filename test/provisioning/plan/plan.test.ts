import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { accountsOf } from '#provisioning/plan/accounts.ts';
import type { Answers } from '#provisioning/plan/answers.ts';
import type { Found } from '#provisioning/plan/machine.ts';
import { planOf } from '#provisioning/plan/plan.ts';
import { preflightOf } from '#provisioning/plan/preflight.ts';
import {
  answersOf,
  applyToModel,
  freshMachine,
  type Model,
  nothing,
  parsedAnswers,
  type Role,
  wantedPaths,
} from '../machines.ts';

const roles = Object.keys(answersOf) as readonly Role[];
const role = fc.constantFrom(...roles);
const found: fc.Arbitrary<Found> = fc.oneof(
  fc.constant<Found>({ kind: 'absent' }),
  fc.record({
    kind: fc.constant('folder' as const),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2_000 }),
    gid: fc.integer({ min: 0, max: 2_000 }),
  }),
  fc.record({
    kind: fc.constant('file' as const),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2_000 }),
    gid: fc.integer({ min: 0, max: 2_000 }),
    text: fc.string(),
  }),
  fc.record({ kind: fc.constant('link' as const), target: fc.string() }),
);

function converged(start: Model, answers: Answers, mostRounds = 6): Model {
  let model = start;
  for (let round = 0; round < mostRounds; round++) {
    const ready = planOf(answers, model.machine, model.observed).filter(
      ({ when }) => when === 'now',
    );
    if (ready.length === 0) return model;
    for (const step of ready) model = applyToModel(model, step, answers);
  }
  return model;
}

for (const each of roles) {
  test(`a fresh machine becomes a ${each}, and the second plan holds only what waits for a person`, () => {
    const answers = parsedAnswers(each);
    const { machine, observed } = converged(
      { machine: freshMachine(), observed: nothing },
      answers,
    );
    const left = planOf(answers, machine, observed);
    assert.deepEqual(
      left.filter(({ when }) => when !== 'deferred'),
      [],
    );
    const names = left.map(({ resource }) => resource.kind === 'command' && resource.name);
    assert.deepEqual(
      names,
      each === 'center' ? [] : ['pairing request', 'pairing grant', 'pairing words'],
    );
  });
}

test('with a card and a grant nothing is left at all', () => {
  const keys = { ...freshMachine().keys, hasCard: true, grantFile: '/media/stick/grant.spk' };
  const answers = parsedAnswers('all-in-one');
  const { machine, observed } = converged(
    { machine: freshMachine({ keys }), observed: nothing },
    answers,
  );
  assert.deepEqual(planOf(answers, machine, observed), []);
});

test('whatever stood there before, applying the plan leaves nothing to do but what it refuses to touch', () => {
  fc.assert(
    fc.property(role, fc.array(found, { minLength: 90, maxLength: 90 }), (name, things) => {
      const answers = parsedAnswers(name);
      const machine = freshMachine();
      const entries = wantedPaths(answers, machine).map(
        (path, index) => [path, things[index % things.length] ?? { kind: 'absent' }] as const,
      );
      const observed = { ...nothing, paths: new Map(entries) };
      const after = converged({ machine, observed }, answers);
      const left = planOf(answers, after.machine, after.observed);
      assert.ok(left.every(({ when }) => when === 'deferred' || when === 'refused'));
    }),
    { numRuns: 60 },
  );
});

test('a run that was cut after any step converges to the same state', () => {
  fc.assert(
    fc.property(role, fc.nat({ max: 120 }), (name, cut) => {
      const answers = parsedAnswers(name);
      let model: Model = { machine: freshMachine(), observed: nothing };
      const steps = planOf(answers, model.machine, model.observed).filter(
        ({ when }) => when === 'now',
      );
      for (const step of steps.slice(0, cut)) model = applyToModel(model, step, answers);
      const whole = converged({ machine: freshMachine(), observed: nothing }, answers);
      assert.deepEqual(converged(model, answers).machine, whole.machine);
    }),
    { numRuns: 60 },
  );
});

test('the same facts give the same plan', () => {
  for (const name of roles) {
    const plan = () => planOf(parsedAnswers(name), freshMachine(), nothing);
    assert.deepEqual(plan(), plan());
  }
});

test('a folder that was opened to others, and a file that was edited, are put right with the old state shown', () => {
  const answers = parsedAnswers('box');
  const { machine, observed } = converged({ machine: freshMachine(), observed: nothing }, answers);
  const paths = new Map(observed.paths);
  paths.set('/var/lib/outpost/appliance', { kind: 'folder', mode: 0o755, uid: 961, gid: 966 });
  const agent = paths.get('/etc/outpost/agent.json');
  assert.equal(agent?.kind, 'file');
  paths.set('/etc/outpost/agent.json', { ...agent, text: agent.text.replace('spool', 'other') });
  const steps = planOf(answers, machine, { ...observed, paths }).filter(
    ({ when }) => when === 'now',
  );
  assert.deepEqual(
    steps.map(({ what, detail }) => [what, ...detail]),
    [
      [
        'set folder /var/lib/outpost/appliance to outpost-appliance:outpost-appliance 0700',
        'was 961:966 0755',
      ],
      [
        'change /etc/outpost/agent.json (the old one is kept as /etc/outpost/agent.json.old)',
        '-   "otherDir": "/var/lib/outpost/spool"',
        '+   "spoolDir": "/var/lib/outpost/spool"',
      ],
    ],
  );
});

test('numbers that the machine gave away already are not taken, and those it knows are kept', () => {
  const users = new Map([
    ['somebody', 961],
    ['other', 960],
    ['outpost-agent', 812],
  ]);
  const { users: accounts } = accountsOf(parsedAnswers('box'), { users, groups: new Map() });
  assert.deepEqual(
    accounts.map(({ name, id }) => [name, id]),
    [
      ['outpost-appliance', 959],
      ['outpost-agent', 812],
      ['outpost-tui', 963],
    ],
  );
});

test('without root, owners are left out and modes count', () => {
  const answers = parsedAnswers('box');
  const machine = freshMachine({ root: '/tmp/x', isRoot: false });
  const model = converged({ machine, observed: nothing }, answers);
  const paths = new Map(
    [...model.observed.paths].map(([path, each]) => [path, { ...each, uid: 1_000, gid: 1_000 }]),
  );
  const left = planOf(answers, model.machine, { ...model.observed, paths });
  assert.ok(left.length > 0 && left.every(({ when }) => when === 'deferred'));
  assert.deepEqual(
    left.map(({ resource }) => resource.kind).filter((kind) => kind === 'service'),
    [],
  );
});

test('preflight names every reason at once and refuses what is in the way', () => {
  const answers = parsedAnswers('box');
  const machine = freshMachine({
    isRoot: false,
    debianVersion: 11,
    missingPackages: ['nftables'],
    checkoutFault: 'The checkout is in /home, which services do not see.',
    isOverSsh: true,
  });
  const paths = new Map<string, Found>([['/etc/outpost', { kind: 'other' }]]);
  const steps = planOf(answers, machine, { ...nothing, paths });
  const { faults, warnings } = preflightOf(answers, machine, steps);
  assert.equal(faults.length, 5);
  assert.match(
    faults.join('\n'),
    /needs root[\s\S]*Debian 12[\s\S]*nftables[\s\S]*\/home[\s\S]*cannot make folder/,
  );
  assert.match(warnings.join('\n'), /SSH/);
});
