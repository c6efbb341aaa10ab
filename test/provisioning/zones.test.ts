import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { asUser, byHandCommand } from '#provisioning/plan/by-hand.ts';
import { programsOf } from '#provisioning/plan/programs.ts';
import { commandOf, type Unit } from '#provisioning/plan/unit.ts';
import { firewallUnitOf, unitOf } from '#provisioning/plan/units.ts';
import type { Finding } from '#provisioning/ports.ts';
import { runProcess } from '#provisioning/steps/process.ts';
import { identityOf } from '#provisioning/verify/check.ts';
import { type StartedByHand, startByHand } from '#provisioning/verify/hand-start.ts';
import { verifyFiles } from '#provisioning/verify/units.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { newInstallation, reasonToSkip } from './installation.ts';
import { freshMachine, parsedAnswers } from './machines.ts';

const skip = await reasonToSkip(false);
const skipWithoutRoot = await reasonToSkip(true);

test('an all-in-one machine is paired from files, and each service runs by hand in its zone', {
  skip: skipWithoutRoot,
}, async (t) => {
  const site = await newInstallation('all-in-one');
  assert.equal((await site.setup('run')).code, 10);
  const at = (path: string): string => join(site.root, 'var/lib/outpost', path);

  await site.setup('pair', 'card', '--site', 'XX-DEM-01', '--out', join(site.stick, 'card.txt'));
  await writeFile(join(site.stick, 'center.keys'), await readFile(at('center/keys/center.keys')));
  const request = await site.setup('run');
  assert.match(request.output, /read these four words to the operator/);
  const enrol = await runProcess(['sh', '-c', `ls ${site.stick}/enrol-*.spk`]);
  const grant = await site.setup(
    'pair',
    'grant',
    enrol.output.trim(),
    '--out',
    site.stick,
    '--json',
  );
  const { words } = JSON.parse(grant.output) as { readonly words: readonly string[] };
  assert.match(
    (await site.setup('run')).output,
    /Deferred: pairing words waits for the phone call/,
  );
  assert.equal((await site.setup('pair', 'confirm', '--words', words.join(' '))).code, 0);
  const last = await site.setup('run');
  assert.equal(last.code, 0, last.output + last.complaint);
  const check = await site.setup('check');
  assert.equal(check.code, 0, check.output);
  assert.match(check.output, /ok +network zone cannot open .*appliance: it was refused/);

  const machine = await site.machine();
  const byHand = (unit: Unit, account: Parameters<typeof identityOf>[0]): readonly string[] => {
    const identity = identityOf(account, site.answers, machine);
    assert.ok(identity);
    return byHandCommand(unit, identity, site.root);
  };
  const programs = programsOf(site.answers, machine.keys.centerRoot);
  const running: StartedByHand[] = [];
  // Before the folder goes: what runs in it would make it anew.
  t.after(async () => {
    await Promise.all(running.map((program) => program.stop()));
    await site.remove();
  });
  for (const program of programs.filter(({ command }) => command !== 'tui')) {
    const unit = unitOf(program, site.answers, machine);
    const started = await startByHand(byHand(unit, program.account));
    assert.ok(typeof started !== 'string', `${program.unit}: ${started}`);
    running.push(started);
  }
  const screen = programs.find(({ command }) => command === 'tui');
  assert.ok(screen);
  const unit = unitOf(screen, site.answers, machine);
  const list = await runProcess([...byHand(withArgs(unit, '--json'), 'outpost-tui')]);
  assert.equal(list.code, 0, list.complaint);
  assert.match(list.output, /"studies"/);

  const clinical = at('appliance/keys/identity.seed');
  const sees = (account: Parameters<typeof identityOf>[0], path: string) => {
    const identity = identityOf(account, site.answers, machine);
    return identity && runProcess([...asUser(identity), 'cat', path]);
  };
  assert.equal((await sees('outpost-appliance', clinical))?.code, 0);
  for (const account of [
    'outpost-agent',
    'outpost-relay',
    'outpost-tui',
    'outpost-center',
  ] as const) {
    assert.match((await sees(account, clinical))?.complaint ?? '', /Permission denied/, account);
  }
  assert.match(
    (await sees('outpost-agent', at('center/keys/identity.seed')))?.complaint ?? '',
    /denied/,
  );
  assert.match(
    (await sees('outpost-appliance', at('agent/keys/transport.seed')))?.complaint ?? '',
    /denied/,
  );
});

test('with the firewall loaded the clinical user reaches itself and whom it may call, and the agent the relay', {
  skip: skipWithoutRoot,
}, async (t) => {
  const box = await newInstallation('box');
  t.after(box.remove);
  await box.setup('run');
  const rules = join(box.root, 'etc/outpost/outpost.nft');
  const script = join(repositoryDir, 'test/provisioning/way-out.ts');
  const node = join(repositoryDir, 'node_modules/.bin/node');
  const ran = await runProcess(['unshare', '--net', node, script, rules, String(box.port)]);
  if (/Operation not permitted/.test(ran.complaint))
    return t.skip('no network namespace is permitted');
  assert.equal(ran.code, 0, ran.complaint);
  const seen = JSON.parse(ran.output) as Record<string, Finding & boolean>;
  assert.equal(seen['before']?.outcome, 'failed', 'the probe must see a way out that is there');
  assert.equal(seen['after']?.outcome, 'ok', seen['after']?.text);
  assert.equal(seen['applianceReachesItself'], true);
  assert.equal(seen['applianceReachesDestination'], true);
  assert.equal(seen['applianceReachesOtherPort'], false);
  assert.equal(seen['applianceReachesModality'], true);
  assert.equal(seen['applianceReachesModalityElsewhere'], false);
  assert.equal(seen['agentReachesDestination'], false);
  assert.equal(seen['agentReachesRelay'], true);
  assert.equal(seen['agentReachesLan'], false);
  assert.equal(seen['tuiReachesRelay'], false);
});

test('systemd and nft take every rendered file, and refuse a broken one', { skip }, async () => {
  const answers = parsedAnswers('all-in-one');
  // ExecStart must exist for systemd; what is not there is no fault of the unit.
  const machine = freshMachine({ node: '/bin/true', checkout: '/opt' });
  const units = programsOf(answers, undefined).map((each) => unitOf(each, answers, machine));
  const table = 'table inet outpost {\n}\n';
  const good = await verifyFiles([firewallUnitOf(), ...units], table, runProcess);
  assert.deepEqual(
    good.filter(({ outcome }) => outcome !== 'ok'),
    [],
  );
  const bare: Unit = {
    name: 'outpost-bare.service',
    unit: [],
    service: [
      ['ExecStart', '/bin/true'],
      ['ProtectSystm', 'strict'],
    ],
    install: [],
  };
  const bad = await verifyFiles([bare], 'table inet outpost {', runProcess);
  assert.deepEqual(
    bad.map(({ outcome }) => outcome),
    ['failed', 'failed', 'failed'],
  );
});

function withArgs(unit: Unit, ...args: readonly string[]): Unit {
  const command = [...commandOf(unit), ...args].join(' ');
  const rest = unit.service.filter(([key]) => key !== 'ExecStart');
  return { ...unit, service: [...rest, ['ExecStart', command]] };
}
