import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { applianceConfigSchema } from '#appliance/config.ts';
import { type BoxFact, encodeFact } from '#appliance/store/facts.ts';
import { readAcceptedDevices } from '#provisioning/facts/devices.ts';
import { accountsOf } from '#provisioning/plan/accounts.ts';
import { parseAnswers } from '#provisioning/plan/answers.ts';
import { firewallText } from '#provisioning/plan/firewall.ts';
import { peersOf } from '#provisioning/plan/peers.ts';
import { programsOf } from '#provisioning/plan/programs.ts';
import { answersOf, freshMachine, parsedAnswers } from './machines.ts';

const answers = parsedAnswers('box');

test('the box calls destinations, viewers and modalities at their own ports, and no other', () => {
  const { named, anywhere } = peersOf(answers, []);
  assert.deepEqual(named, [
    '192.0.2.21 . 104',
    '192.0.2.31 . 4242',
    '192.0.2.32 . 104',
    '198.51.100.40 . 4006',
  ]);
  // CT1 may be anywhere in the LAN, and still hears what it may delete.
  assert.deepEqual(anywhere, [104]);
});

test('a device that was accepted later is called at its port once setup runs again', () => {
  const modalities = [{ name: 'CT', aeTitle: 'CT1', address: '192.0.2.22', port: 2104 }];
  const { accepted } = peersOf(parsedAnswers('box', { modalities }), [
    { aeTitle: 'NEW', address: '192.0.2.50' },
    { aeTitle: 'CT1', address: '192.0.2.51' },
    { aeTitle: 'CT1', address: '192.0.2.22' },
  ]);
  assert.deepEqual(accepted, ['192.0.2.50 . 104', '192.0.2.51 . 2104']);
  const acceptedDevices = [{ aeTitle: 'NEW', address: '192.0.2.50' }];
  const machine = freshMachine({ acceptedDevices });
  const text = firewallText(answers, accountsOf(answers, machine), machine);
  assert.match(text, /set accepted_devices \{[^}]*192\.0\.2\.50 \. 104/);
});

test('the config has the destinations with their rules, and the ports for commitment answers', () => {
  const program = programsOf(answers, undefined).find(({ command }) => command === 'appliance');
  const { dicom } = applianceConfigSchema.parse(program?.config);
  assert.deepEqual(
    dicom.destinations.map(({ name, port }) => [name, port]),
    [
      ['ward', 4242],
      ['local PACS', 4006],
    ],
  );
  assert.deepEqual(dicom.forward, [{ to: 'local PACS', modalities: ['CT'] }]);
});

test('two machines that the box calls never have one name', () => {
  const [destination] = answersOf.box.destinations;
  const twin = { ...answersOf.box, destinations: [{ ...destination, name: 'ward' }] };
  const parsed = parseAnswers(JSON.stringify(twin));
  assert.ok(!parsed.ok);
  assert.match(parsed.fault.message, /destinations\.0\.name.*comes twice/);
});

test('accepted devices are read from the log: the last word counts, and no link is followed', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-devices-'));
  t.after(() => rm(root, { recursive: true }));
  assert.deepEqual(await readAcceptedDevices(root), []);
  const dir = join(root, 'var/lib/outpost/appliance/letters');
  await mkdir(dir, { recursive: true });
  const said = (aeTitle: string, address: string, verdict: 'accepted' | 'refused') =>
    encodeFact({ fact: 'caller', atMs: 1, aeTitle, address, verdict, by: 'TEST^ALPHA' });
  const other: BoxFact = { fact: 'forward-from', atMs: 1, destination: '"fact":"caller"' };
  await writeFile(
    join(dir, 'facts-000001.log'),
    Buffer.concat([
      said('NEW', '::ffff:192.0.2.50', 'accepted'),
      said('GONE', '192.0.2.51', 'accepted'),
      said('SIX', '2001:db8::1', 'accepted'),
      encodeFact(other),
      Buffer.from('damaged "fact":"caller"\n'),
    ]),
  );
  await writeFile(join(dir, 'facts-000002.log'), said('GONE', '192.0.2.51', 'refused'));
  await writeFile(join(root, 'elsewhere'), said('EVIL', '192.0.2.66', 'accepted'));
  await symlink(join(root, 'elsewhere'), join(dir, 'facts-000003.log'));
  assert.deepEqual(await readAcceptedDevices(root), [{ aeTitle: 'NEW', address: '192.0.2.50' }]);
});
