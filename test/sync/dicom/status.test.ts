import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeStoreStatus,
  storeStatus,
  storeStatusMeaning,
  storeStatusOfFault,
} from '#sync/dicom/status.ts';

test('success and warnings mean stored, all else does not', () => {
  const outcomes: readonly (readonly [number, string])[] = [
    [0x0000, 'success'],
    [0xb000, 'warning'],
    [0xb006, 'warning'],
    [0xb0ff, 'warning'],
    [0xa700, 'failure'],
    [0xa7ff, 'failure'],
    [0xa900, 'failure'],
    [0xc123, 'failure'],
    [0x0122, 'failure'],
    [0x5555, 'failure'],
    [0xff00, 'failure'],
  ];
  for (const [status, outcome] of outcomes) {
    assert.equal(storeStatusMeaning(status).outcome, outcome, status.toString(16));
  }
});

test('a full destination may take the object later, one that cannot read it may not', () => {
  assert.equal(storeStatusMeaning(0xa701).mayPass, true);
  assert.equal(storeStatusMeaning(0xc000).mayPass, false);
});

test('a status is described by four digits and words', () => {
  assert.equal(describeStoreStatus(0x0122), '0122 SOP class not supported');
  assert.equal(describeStoreStatus(0xa702), 'A702 out of resources');
  assert.equal(describeStoreStatus(0x9999), '9999 unknown status');
});

test('faults of the reader have their status', () => {
  assert.equal(storeStatusOfFault('dicom/mismatch'), storeStatus.mismatch);
  assert.equal(storeStatusOfFault('dicom/truncated'), storeStatus.cannotUnderstand);
});
