import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import { buildControlToCenter, buildControlToClinic, parseControl } from '#sync/letters/control.ts';
import { digest, study } from './samples.ts';

const at = '2026-01-05T10:00:00.000Z';
const id = '0'.repeat(32);
const empty = new Uint8Array(0);

const toCenter = [
  { v: 1, register: 'addressee', version: 2, study, isYours: false },
  {
    v: 1,
    register: 'heartbeat',
    version: 1,
    at,
    software: '0.1.0',
    counts: { studies: 1, instances: 60, onlyHere: 0, needHelp: 0 },
    diskUsedPercent: 12.5,
    auditHead: null,
  },
  { v: 1, register: 'stream-start', version: 1, previousStream: null, lastKnown: null },
  { v: 1, register: 'void', version: 2, stream: id, sequences: [7, 8] },
] as const;

const toClinic = [
  { v: 1, register: 'heartbeat', version: 1, list: 3, at, software: '0.1.0', ledger: id },
  {
    v: 1,
    register: 'capabilities',
    version: 1,
    list: 3,
    sopClasses: ['1.2.840.10008.5.1.4.1.1.2'],
    transferSyntaxes: ['1.2.840.10008.1.2.1'],
    codingMax: 1,
    countries: ['KE'],
  },
  {
    v: 1,
    register: 'please-resend',
    version: 1,
    list: 3,
    reason: 'unreadable',
    study,
    packs: [digest('p')],
    instances: [],
  },
  { v: 1, register: 'stream-start', version: 1, list: 3, previousStream: id, lastKnown: 41 },
  { v: 1, register: 'void', version: 1, list: 3, stream: id, sequences: [0] },
] as const;

test('every register of a clinic is read back', () => {
  for (const control of toCenter) {
    const { meta, payload } = buildControlToCenter(control);
    assert.deepEqual(expectOk(parseControl(meta, payload, 'to-center')), control);
  }
});

test('every register of a center is read back', () => {
  for (const control of toClinic) {
    const { meta, payload } = buildControlToClinic(control);
    assert.deepEqual(expectOk(parseControl(meta, payload, 'to-clinic')), control);
  }
});

test('a register that only a center writes is an alarm at the center', () => {
  for (const control of toClinic.slice(1, 3)) {
    const parsed = parseControl(control, empty, 'to-center');
    assert.ok(!parsed.ok && parsed.fault.kind === 'letter/direction');
  }
});

test('a register in the form of the other side is refused', () => {
  for (const control of toClinic) assert.equal(parseControl(control, empty, 'to-center').ok, false);
  for (const control of toCenter) assert.equal(parseControl(control, empty, 'to-clinic').ok, false);
});

test('unknown registers, versions and fields, and payloads, are refused', () => {
  const heartbeat = toClinic[0];
  const bad: readonly unknown[] = [
    { ...heartbeat, register: 'run-command' },
    { ...heartbeat, v: 2 },
    { ...heartbeat, version: 0 },
    { ...heartbeat, command: 'ls' },
    { ...heartbeat, software: 'x'.repeat(33) },
    null,
    'heartbeat',
    [],
  ];
  for (const control of bad) assert.equal(parseControl(control, empty, 'to-clinic').ok, false);
  assert.equal(parseControl(heartbeat, Uint8Array.of(1), 'to-clinic').ok, false);
});
