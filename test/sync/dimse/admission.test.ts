import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdmission } from '#sync/dimse/admission.ts';

const limits = { associations: 4, associationsPerAddress: 2, connectionsPerAddressPerS: 10 };

test('one address may not hold more associations than its share', () => {
  const admission = createAdmission(limits);
  const connections = [0, 1, 2].map(() => admission.connect('10.0.0.1', 0));
  assert.deepEqual(
    connections.map((connection) => connection?.associate()),
    [true, true, false],
  );
  assert.equal(admission.connect('10.0.0.1', 0), undefined, 'half again as many connections');
  assert.equal(admission.connect('10.0.0.2', 0)?.associate(), true, 'others are served');
});

test('all addresses together stay under the total', () => {
  const admission = createAdmission(limits);
  const answers = Array.from({ length: 7 }, (_, n) =>
    admission.connect(`10.0.0.${n}`, 0)?.associate(),
  );
  assert.deepEqual(answers, [true, true, true, true, false, false, undefined]);
});

test('who leaves makes room, once', () => {
  const admission = createAdmission(limits);
  const first = admission.connect('10.0.0.1', 0);
  const second = admission.connect('10.0.0.1', 0);
  first?.associate();
  second?.associate();
  first?.leave();
  first?.leave();
  const third = admission.connect('10.0.0.1', 0);
  assert.equal(third?.associate(), true);
  assert.equal(admission.connect('10.0.0.1', 0)?.associate(), false);
});

test('new connections of one address are counted by the second', () => {
  const admission = createAdmission({ ...limits, connectionsPerAddressPerS: 2 });
  const connect = (atMs: number): boolean => {
    const connection = admission.connect('10.0.0.1', atMs);
    connection?.leave();
    return connection !== undefined;
  };
  assert.deepEqual(
    [connect(100), connect(200), connect(300), connect(1000)],
    [true, true, false, true],
  );
});
