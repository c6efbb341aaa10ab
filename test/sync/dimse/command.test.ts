import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  type CommandSet,
  commandField,
  dimseStatus,
  encodeRequest,
  encodeResponse,
  parseCommandSet,
} from '#sync/dimse/command.ts';

const request = encodeRequest({
  commandField: commandField.store,
  messageId: 258,
  affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  affectedSopInstanceUid: '1.2.3.4.5',
  hasDataset: true,
});

function element(number: number, value: readonly number[], group = 0): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(group, 0);
  bytes.writeUInt16LE(number, 2);
  bytes.writeUInt32LE(value.length, 4);
  return concat(bytes, Uint8Array.from(value));
}

test('a C-STORE command is read back as it was written', () => {
  assert.deepEqual(expectOk(parseCommandSet(request)), {
    commandField: 1,
    hasDataset: true,
    messageId: 258,
    messageIdBeingRespondedTo: undefined,
    affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    affectedSopInstanceUid: '1.2.3.4.5',
    requestedSopClassUid: undefined,
    requestedSopInstanceUid: undefined,
    moveDestination: undefined,
    actionTypeId: undefined,
    eventTypeId: undefined,
    status: undefined,
    errorComment: undefined,
  });
});

test('a response names its request, the status and a comment, and stays under 1,024 bytes', () => {
  const command = expectOk(parseCommandSet(request));
  const long = { ...command, affectedSopInstanceUid: `1.${'2'.repeat(62)}` };
  const pdu = encodeResponse(3, long, {
    status: dimseStatus.outOfResources,
    comment: `Disk full\n${'x'.repeat(99)}`,
  });
  assert.ok(pdu.length <= 1024);
  const response = expectOk(parseCommandSet(pdu.subarray(12)));
  assert.equal(response.commandField, 0x8001);
  assert.equal(response.messageIdBeingRespondedTo, 258);
  assert.equal(response.status, 0xa700);
  assert.equal(response.hasDataset, false);
  assert.equal(response.affectedSopInstanceUid, long.affectedSopInstanceUid);
  assert.match(response.errorComment ?? '', /^Disk full\?x{51}\.\.\.$/, '64 characters, printable');
});

test('malformed command sets are refused', () => {
  const field = element(0x0100, [1, 0]);
  const id = element(0x0110, [1, 0]);
  const type = element(0x0800, [0, 0]);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['its elements are not in order', concat(id, field, type)],
    ['its elements are not in order', concat(field, field, id, type)],
    ['an element is not of group 0000', concat(field, id, type, element(0x0010, [], 8))],
    ['an element is cut off', concat(field, id, type, Uint8Array.of(0, 0, 0))],
    ['an element is longer than the command', concat(field, id, type.subarray(0, 9))],
    ['it does not say what', concat(id, type)],
    ['it does not say what', concat(field, id)],
    ['it does not say what', concat(element(0x0100, [1]), id, type)],
    ['it has no message id', concat(field, type)],
  ];
  for (const [why, bytes] of cases) {
    const result = parseCommandSet(bytes);
    assert.equal(result.ok ? 'read' : result.fault.message.replace(/^.*: /, ''), why);
  }
});

test('a UID that is none is as good as absent', () => {
  const path = [...Buffer.from('../../etc')];
  const bytes = concat(
    element(0x0100, [1, 0]),
    element(0x0110, [1, 0]),
    element(0x0800, [0, 0]),
    element(0x1000, path),
  );
  assert.equal(expectOk(parseCommandSet(bytes)).affectedSopInstanceUid, undefined);
});

test('random and damaged command sets never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, at) => {
      parseCommandSet(bytes);
      const mutated = Uint8Array.from(request);
      mutated.set(bytes.subarray(0, 3), at % (request.length - 3));
      parseCommandSet(mutated);
    }),
  );
});

test('an answer to N-ACTION names the object that was asked for, and the action', () => {
  const action: CommandSet = {
    ...expectOk(parseCommandSet(request)),
    commandField: commandField.action,
    affectedSopClassUid: undefined,
    affectedSopInstanceUid: undefined,
    requestedSopClassUid: '1.2.840.10008.1.20.1',
    requestedSopInstanceUid: '1.2.840.10008.1.20.1.1',
    actionTypeId: 1,
  };
  const answer = expectOk(
    parseCommandSet(encodeResponse(3, action, { status: dimseStatus.success }).subarray(12)),
  );
  assert.equal(answer.commandField, 0x8130);
  assert.equal(answer.affectedSopClassUid, '1.2.840.10008.1.20.1');
  assert.equal(answer.affectedSopInstanceUid, '1.2.840.10008.1.20.1.1');
  assert.equal(answer.actionTypeId, 1);
});
