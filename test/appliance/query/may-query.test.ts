import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayQuery } from '#appliance/query/may-query.ts';

const from = (callingAeTitle: string, address = '192.0.2.7') => ({
  ...{ callingAeTitle, calledAeTitle: 'OUTPOST', address },
});

test('only who is listed as a viewer may look, and only from the address that is listed', () => {
  const callers = [
    { aeTitle: 'CT1', mayQuery: false },
    { aeTitle: 'VIEWER', address: '192.0.2.7', mayQuery: true },
    { aeTitle: 'TLSVIEW', address: '192.0.2.9', certificateSha256: 'ab', mayQuery: true },
  ];
  assert.equal(mayQuery(from('VIEWER'), callers), true);
  assert.equal(mayQuery(from('VIEWER', '::ffff:192.0.2.7'), callers), true);
  assert.equal(mayQuery(from('VIEWER', '192.0.2.8'), callers), false);
  assert.equal(mayQuery(from('CT1'), callers), false);
  assert.equal(mayQuery(from('STRANGER'), callers), false);
  assert.equal(mayQuery({ ...from('TLSVIEW'), certificateSha256: 'ab' }, callers), true);
  assert.equal(mayQuery(from('TLSVIEW', '192.0.2.9'), callers), false, 'it shows no certificate');
  assert.equal(mayQuery(from('VIEWER'), 'any'), false, 'to take from all is not to show to all');
});
