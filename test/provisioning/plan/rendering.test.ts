import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { applianceConfigSchema } from '#appliance/config.ts';
import { parseAnswers } from '#provisioning/plan/answers.ts';
import { desiredOf } from '#provisioning/plan/desired.ts';
import { diffLines } from '#provisioning/plan/diff.ts';
import { programsOf } from '#provisioning/plan/programs.ts';
import { commandOf, valuesOf } from '#provisioning/plan/unit.ts';
import { firewallPath, firewallUnitOf, unitOf } from '#provisioning/plan/units.ts';
import { agentConfigSchema } from '#sync/agent/config.ts';
import { centerConfigSchema } from '#sync/center/config.ts';
import { relayConfigSchema } from '#sync/relay/config.ts';
import { tuiConfigSchema } from '#tui/config.ts';
import { answersOf, freshMachine, parsedAnswers, type Role } from '../machines.ts';

const roles = Object.keys(answersOf) as readonly Role[];
const machine = freshMachine({
  keys: {
    ...freshMachine().keys,
    centerRoot: 'ab'.repeat(32),
    relayUrls: ['https://10.1.2.3:8443', 'https://[fd00::1]', 'https://relay.example'],
  },
});

for (const role of roles) {
  test(`every file of a ${role} is rendered as it was agreed`, () => {
    const texts = desiredOf(parsedAnswers(role), machine).flatMap((resource) =>
      resource.kind === 'file' ? [`=== ${resource.path}\n${resource.text ?? '(later)\n'}`] : [],
    );
    assertGolden(`${role}.txt`, texts.join('\n'));
  });
}

test('each config is one that its program takes', () => {
  const schemas = {
    appliance: applianceConfigSchema,
    agent: agentConfigSchema,
    relay: relayConfigSchema,
    center: centerConfigSchema,
    tui: tuiConfigSchema,
  };
  for (const { command, config } of programsOf(parsedAnswers('all-in-one'), 'ab'.repeat(32))) {
    assert.deepEqual(schemas[command].parse(JSON.parse(JSON.stringify(config))), config);
  }
});

test('what the link allows goes to the agent of the box alone, rules of priority to the appliance', () => {
  const link = {
    timetable: '07:00 512k 20:00 off',
    budget: { monthlyBytes: 50e9, resetDay: 5 },
    timeZone: 'Africa/Nairobi',
  };
  const priorityRules = [{ name: 'CT-ER', priority: 'stat', from: ['CT_ER'], modalities: ['CT'] }];
  const answers = parsedAnswers('all-in-one', { link, priorityRules });
  const programs = programsOf(answers, 'ab'.repeat(32));
  const agents = programs.filter(({ command }) => command === 'agent');
  const limits = agents.map(({ config }) => {
    const { timetable, budget, timeZone } = agentConfigSchema.parse(config);
    return { timetable, budget, timeZone };
  });
  assert.deepEqual(
    limits.filter(({ budget }) => budget !== undefined),
    [link],
  );
  const appliance = programs.find(({ command }) => command === 'appliance');
  assert.deepEqual(applianceConfigSchema.parse(appliance?.config).priorityRules, priorityRules);
  const wrong = { ...answersOf.box, link: { timetable: '7:00 fast' } };
  const refused = parseAnswers(JSON.stringify(wrong));
  assert.match(refused.ok ? '' : refused.fault.message, /link.timetable.*"7:00" is no time/);
});

test('a PACS that the box replaces: its titles and ports are answered, low ports by redirection, and TLS has its door', () => {
  const answers = parsedAnswers('box');
  assert.ok(answers.role === 'box');
  const tls = {
    port: 2_762,
    keyFile: '/etc/outpost/key.pem',
    certificateFile: '/etc/outpost/cert.pem',
  };
  const dicom = { ...answers.dicom, moreAeTitles: ['OLDPACS'], morePorts: [104, 4_242], tls };
  const takeover = { ...answers, dicom };
  const appliance = programsOf(takeover, undefined).find(({ command }) => command === 'appliance');
  const config = applianceConfigSchema.parse(appliance?.config);
  assert.deepEqual(config.dicom.aeTitles, ['DEMOBOX', 'OLDPACS']);
  assert.deepEqual(
    config.dicom.doors.map(({ port, tls: files }) => [port, files !== undefined]),
    [
      [4_242, false],
      [2_762, true],
    ],
  );
  const file = desiredOf(takeover, machine).find(
    (resource) => resource.kind === 'file' && resource.path === firewallPath,
  );
  const text = file?.kind === 'file' ? (file.text ?? '') : '';
  assert.match(text, /tcp dport \{ 104 \} redirect to :11112/);
  assert.match(text, /tcp dport \{ 11112, 4242, 2762 \} ip saddr @clinic_lan accept/);
});

test('the port of HL7 orders is open for the senders that the answers name, and for nobody else', () => {
  const senders = ['192.0.2.20'];
  const answers = parsedAnswers('box', { orders: { senders } });
  const files = desiredOf(answers, machine).flatMap((each) => (each.kind === 'file' ? [each] : []));
  const firewall = files.find(({ path }) => path === firewallPath)?.text ?? '';
  assert.match(
    firewall,
    /tcp dport 2575 ip saddr \{ 192\.0\.2\.20 \} accept\n\s+tcp dport 2575 counter drop/,
  );
  assert.doesNotMatch(firewallOf('box'), /2575/);
  const appliance = programsOf(answers, undefined).find(({ command }) => command === 'appliance');
  const config = applianceConfigSchema.parse(appliance?.config);
  assert.deepEqual(config.orders.mllp, { host: '0.0.0.0', port: 2_575, senders });
});

function firewallOf(role: Role): string {
  const files = desiredOf(parsedAnswers(role), machine);
  return files
    .flatMap((each) => (each.kind === 'file' && each.path === firewallPath ? [each.text] : []))
    .join('');
}

test('no unit of the network zone sees a clinical folder, and no clinical unit has a resolver', () => {
  const answers = parsedAnswers('all-in-one');
  for (const program of programsOf(answers, undefined)) {
    const unit = unitOf(program, answers, machine);
    const sees = [...valuesOf(unit, 'BindPaths'), ...valuesOf(unit, 'BindReadOnlyPaths')].join(' ');
    const isClinical = program.command === 'appliance' || program.command === 'center';
    assert.equal(/outpost\/(appliance|center)( |$)/.test(sees), isClinical, program.unit);
    assert.equal(sees.includes(':/etc/resolv.conf'), isClinical, program.unit);
    assert.equal(
      valuesOf(unit, 'IPAddressDeny').includes('any'),
      isClinical || program.command === 'tui',
    );
    assert.equal(valuesOf(unit, 'User')[0], program.account);
    assert.equal(commandOf(unit).at(-1), program.configPath);
  }
});

test('every unit waits for the firewall, and none may gain a privilege', () => {
  const answers = parsedAnswers('all-in-one');
  for (const program of programsOf(answers, undefined)) {
    const unit = unitOf(program, answers, machine);
    assert.ok(
      unit.unit.some(([key, value]) => key === 'Requires' && value === firewallUnitOf().name),
    );
    assert.deepEqual(valuesOf(unit, 'NoNewPrivileges'), ['yes']);
    assert.deepEqual(valuesOf(unit, 'CapabilityBoundingSet'), [
      program.command === 'relay' ? 'CAP_NET_BIND_SERVICE' : '',
    ]);
  }
});

test('a diff holds the lines that differ and no other', () => {
  assert.deepEqual(diffLines('a\nb\nc\n', 'a\nx\nc\n'), ['- b', '+ x']);
  assert.deepEqual(diffLines('', 'a\n'), ['+ a']);
  assert.deepEqual(diffLines('a\n', 'a\n'), []);
  assert.deepEqual(diffLines('x\n'.repeat(700), ''), ['- 700 lines', '+ 0 lines']);
});

/** Compares with a file beside the fixtures; OUTPOST_UPDATE_GOLDEN=1 writes it anew, to be read in the diff. */
function assertGolden(name: string, text: string): void {
  const path = new URL(`../../fixtures/provisioning/${name}`, import.meta.url);
  if (process.env['OUTPOST_UPDATE_GOLDEN']) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}
