import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStorageSopClass, storageSopClasses } from '#sync/dicom/storage-classes.ts';
import { parseUid } from '#sync/dicom/uid.ts';

test('every entry is a distinct UID with a distinct name', () => {
  assert.ok(storageSopClasses.size > 180);
  assert.equal(new Set(storageSopClasses.values()).size, storageSopClasses.size);
  for (const uid of storageSopClasses.keys()) assert.equal(parseUid(uid), uid);
});

test('images, documents and retired ultrasound are storage classes', () => {
  for (const tail of ['1.1.2', '1.1.104.1', '1.1.88.11', '1.1.6', '1.1.66.4', '34.7']) {
    assert.ok(isStorageSopClass(`1.2.840.10008.5.1.4.${tail}`), tail);
  }
});

test('objects without a study and other services are none', () => {
  for (const tail of ['5.1.4.38.1', '5.1.4.39.1', '5.1.4.1.1.200.1', '1.1', '1.3.10', '5.1.4.31']) {
    assert.ok(!isStorageSopClass(`1.2.840.10008.${tail}`), tail);
  }
});
