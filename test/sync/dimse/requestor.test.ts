import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { commandField, encodeResponse, parseCommandSet } from '#sync/dimse/command.ts';
import {
  encodeAbort,
  encodeItem,
  encodePdu,
  encodeReject,
  encodeRelease,
  pduType,
} from '#sync/dimse/pdu.ts';
import { createRequestor, type RequestorEvent } from '#sync/dimse/requestor.ts';
import { explicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { storeCommand } from '#test/support/dimse-peer.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';

const syntax = encodeItem(0x40, explicitLittleEndianUid);
const accept = encodePdu(
  pduType.associateAccept,
  concat(
    new Uint8Array(68),
    encodeItem(0x10, '1.2.840.10008.3.1.1.1'),
    encodeItem(0x21, concat(Uint8Array.of(1, 0, 0, 0), syntax)),
    encodeItem(0x21, concat(Uint8Array.of(3, 0, 3, 0), syntax)),
    encodeItem(0x50, encodeItem(0x51, Uint8Array.of(0, 0, 0x40, 0))),
  ),
);
const request = expectOk(parseCommandSet(storeCommand('1.2.3').subarray(12)));
const response = encodeResponse(1, request, { status: 0xa700 });

const readAll = (bytes: Uint8Array, step = bytes.length): readonly RequestorEvent[] => {
  const requestor = createRequestor();
  const events: RequestorEvent[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    events.push(...requestor.push(bytes.subarray(at, at + step)));
  }
  return events;
};

test('an association is read however its bytes are cut', () => {
  const bytes = concat(accept, response, response, encodeRelease('response'));
  for (const step of [bytes.length, 1, 7]) {
    const events = readAll(bytes, step);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['accepted', 'response', 'response', 'released'],
    );
    const [accepted, first] = events;
    assert.ok(accepted?.type === 'accepted' && first?.type === 'response');
    assert.deepEqual([...accepted.contexts], [[1, explicitLittleEndianUid]], 'the accepted ones');
    assert.equal(accepted.pduLengthBytes, 16_384);
    assert.equal(first.command.status, 0xa700);
    assert.equal(first.command.commandField, commandField.store | commandField.response);
  }
});

test('a rejection and an abort are told with their numbers', () => {
  assert.deepEqual(readAll(encodeReject('called-ae')), [
    { type: 'rejected', result: 1, source: 1, reason: 7 },
  ]);
  assert.deepEqual(readAll(concat(accept, encodeAbort(0))).at(-1), { type: 'aborted' });
});

test('what no peer may send here breaks the association, and nothing is read after it', () => {
  const cases: Readonly<Record<string, Uint8Array>> = {
    'data before the accept': response,
    'a second accept': concat(accept, accept),
    'a request of the peer': concat(accept, storeCommand('1.2.3')),
    'a PDU without end': concat(accept, Uint8Array.of(4, 0, 0xff, 0xff, 0xff, 0xff, 0)),
    'an accept that is cut': encodePdu(pduType.associateAccept, new Uint8Array(20)),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const events = readAll(concat(bytes, response));
    assert.equal(events.at(-1)?.type, 'broken', name);
  }
});

test('any bytes are read to an end, the same however they are cut', () =>
  fuzzBytes(
    'createRequestor',
    [concat(accept, response, encodeRelease('response')), encodeReject('busy')],
    (bytes) => {
      const whole = readAll(bytes);
      assert.deepEqual(readAll(bytes, 3), whole);
    },
  ));
