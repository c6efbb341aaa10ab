import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnswers } from '#provisioning/plan/answers.ts';
import { answersText, questionsOf } from '#provisioning/plan/questions.ts';
import { answersOf, type Role } from '../machines.ts';

const roles = Object.keys(answersOf) as readonly Role[];

function faultsOf(value: unknown): string {
  const parsed = parseAnswers(typeof value === 'string' ? value : JSON.stringify(value));
  assert.ok(!parsed.ok, 'it was accepted');
  return parsed.fault.message;
}

test('the answers of each role are accepted, with the usual values filled in', () => {
  for (const role of roles) assert.ok(parseAnswers(JSON.stringify(answersOf[role])).ok);
  const box = parseAnswers(JSON.stringify(answersOf.box));
  assert.ok(box.ok && box.value.role === 'box');
  assert.equal(box.value.dicom.port, 11_112);
  assert.equal(box.value.network.ssh, 'off');
});

test('all faults are told at once, each with its key', () => {
  const message = faultsOf({
    ...answersOf.box,
    site: { name: '', code: 'lower case' },
    network: { lan: ['192.0.2.0'] },
    dicom: { aeTitle: 'seventeen-letters', port: 104 },
    modalities: [
      { name: 'a', aeTitle: 'CR1', address: 'cr1.clinic' },
      { name: 'b', aeTitle: 'CR1' },
    ],
    surprise: true,
  });
  for (const key of [
    'site.name',
    'site.code',
    'network.lan.0',
    'dicom.aeTitle',
    'dicom.port',
    'modalities.0.address',
    'surprise',
  ]) {
    assert.ok(message.includes(key), `${key} is not in:\n${message}`);
  }
});

test('two modalities with one AE title are refused', () => {
  const twins = {
    ...answersOf.box,
    modalities: [
      { name: 'a', aeTitle: 'X' },
      { name: 'b', aeTitle: 'X' },
    ],
  };
  assert.match(faultsOf(twins), /same AE title/);
});

test('a center names a PACS or a folder, and a relay here or elsewhere, never both or neither', () => {
  const { center, relay } = answersOf.center;
  const { delivery: _, ...without } = center;
  assert.match(faultsOf({ ...answersOf.center, center: without }), /either a PACS/);
  assert.match(
    faultsOf({ ...answersOf.center, center: { ...center, deliveryFolder: '/srv/pacs' } }),
    /either a PACS/,
  );
  assert.match(faultsOf({ ...answersOf.center, relay: { id: relay.id, url: relay.url } }), /port/);
  assert.match(
    faultsOf({ ...answersOf.center, relay: { ...relay, url: 'http://relay.example' } }),
    /relay\.url/,
  );
});

test('nothing that means something in a unit file, a rule or a shell gets in', () => {
  const hostile = ['a b', 'a\nUser=root', '$(id)', 'a;b', '%h', '..', 'a"b', "a'b", 'a:b', '*'];
  for (const text of hostile) {
    faultsOf({ ...answersOf.box, pairing: { folder: `/media/${text}` } });
    faultsOf({
      ...answersOf.center,
      center: { ...answersOf.center.center, reportFolder: `/${text}` },
    });
  }
  for (const text of ['A\nB', 'A"B', 'A B', '@a', 'A;']) {
    faultsOf({ ...answersOf.box, dicom: { aeTitle: text } });
  }
  for (const text of ['A\nB', 'A\u0000', 'A\u001b[2J', 'A\u202eB', 'A\u2028B']) {
    faultsOf({ ...answersOf.box, site: { name: text, code: 'XX-DEM-01' } });
  }
  for (const text of ['0.0.0.0/33', '::/0', '192.0.2.0/24, 0.0.0.0/0', '10.0.0.0/8 }']) {
    faultsOf({ ...answersOf.box, network: { lan: [text] } });
  }
});

test('hostile text is refused and never throws', () => {
  for (const text of ['', 'null', '[]', '{', '{"role":"box"}', '{"role":["box"]}', '\u0000'])
    faultsOf(text);
  faultsOf('{"a":'.repeat(30_000));
  faultsOf(`${' '.repeat(300_000)}${JSON.stringify(answersOf.box)}`);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void faultsOf(text)));
});

test('any one value of good answers replaced by anything is accepted or refused, never a throw', () => {
  const paths = leavesOf(answersOf['all-in-one']);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
      parseAnswers(JSON.stringify(replaced(answersOf['all-in-one'], path, value)));
    }),
  );
});

test('the questions of each role lead to answers that are accepted', () => {
  const typed = new Map([
    ['site.name', 'DEMO CLINIC'],
    ['site.code', 'XX-DEM-01'],
    ['dicom.aeTitle', 'DEMOBOX'],
    ['dicom.port', '11112'],
    ['modalities.0.name', 'CR room 1'],
    ['modalities.0.aeTitle', 'CR1'],
    ['center.name', 'DEMO CENTER'],
    ['center.phone', '+000'],
    ['center.reader.name', 'Dr. TEST READER'],
    ['center.reader.registerNo', 'DEMO-0001'],
    ['center.delivery.host', '198.51.100.7'],
    ['center.delivery.port', '104'],
    ['center.delivery.calledAeTitle', 'PACS'],
    ['center.rootKeyFolder', '/media/root-stick'],
    ['relay.id', 'relay-1'],
    ['relay.url', 'https://relay.example:8443'],
    ['relay.port', '8443'],
    ['network.lan', '192.0.2.0/24, 198.51.100.0/24'],
    ['network.ssh', 'lan'],
  ]);
  for (const role of roles) {
    const parsed = parseAnswers(answersText(role, typed));
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault.message);
    assert.deepEqual(parsed.value.network.lan, ['192.0.2.0/24', '198.51.100.0/24']);
  }
  assert.ok(questionsOf('box').every(({ key }) => !key.startsWith('center.')));
});

function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, [...path, key]));
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: unknown = structuredClone(value);
  const holder = copy as Record<string, unknown>;
  holder[key] = replaced(holder[key], rest, by);
  return holder;
}
