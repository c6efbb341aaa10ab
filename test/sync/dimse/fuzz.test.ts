import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import {
  type AssociateRequest,
  encodeAssociateRequest,
  readAssociateRequest,
} from '#sync/dimse/associate.ts';
import { commandField, encodeRequest, parseCommandSet } from '#sync/dimse/command.ts';
import { createGuard } from '#sync/dimse/guard.ts';
import { type DimseLimits, defaultDimseLimits } from '#sync/dimse/limits.ts';
import { negotiate } from '#sync/dimse/negotiate.ts';
import { encodeData, encodePdu, encodeRelease, pduHeaderSizeBytes } from '#sync/dimse/pdu.ts';
import { watchAllocations } from '#test/support/allocations.ts';
import {
  associateRequest,
  dataOfSeveral,
  datasetPdus,
  echoCommand,
  storeCommand,
} from '#test/support/dimse-peer.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';

const role = Uint8Array.of(0x54, 0, 0, 9, 0, 5, ...Buffer.from('1.2.3'), 1, 1);
const requests = [
  associateRequest(),
  associateRequest({ userItems: role, callingAeTitle: 'ÄE', pduLengthBytes: 0 }),
].map((pdu) => pdu.subarray(pduHeaderSizeBytes));
const commands = [
  encodeRequest({
    commandField: commandField.store,
    messageId: 7,
    affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    affectedSopInstanceUid: '2.25.1',
    hasDataset: true,
  }),
  encodeRequest({
    ...{ commandField: commandField.echo, messageId: 1, hasDataset: false },
    affectedSopClassUid: '1.2.840.10008.1.1',
  }),
];
const dataset = Uint8Array.from({ length: 900 }, (_, index) => index % 251);
const conversations = [
  concat(associateRequest(), echoCommand(7), encodeRelease('request')),
  concat(associateRequest(), storeCommand('1.2.3.4'), datasetPdus(dataset, 300)),
  concat(
    associateRequest(),
    storeCommand('1.2.3.5'),
    dataOfSeveral([3, 0, dataset], [3, 0, new Uint8Array()], [3, 2, dataset]),
  ),
];

test('an association request that is read can be written again and means the same', () =>
  fuzzBytes('readAssociateRequest', requests, (body) => {
    const read = readAssociateRequest(body, defaultDimseLimits);
    if (!read.ok) return;
    const request = read.value;
    assertBounded(request);
    const syntaxOf = ({ transferSyntaxUids: [first] }: AssociateRequest['contexts'][number]) =>
      first ?? '1.2.840.10008.1.2';
    const again = encodeAssociateRequest(request, syntaxOf).subarray(pduHeaderSizeBytes);
    const reread = readAssociateRequest(again, defaultDimseLimits);
    assert.ok(reread.ok);
    assert.equal(reread.value.callingAeTitle, request.callingAeTitle);
    assert.deepEqual(reread.value.roles, request.roles);
    assert.deepEqual(
      reread.value.contexts.map(({ id }) => id),
      request.contexts.map(({ id }) => id),
    );
  }));

test('a command set is read in its length or refused', () =>
  fuzzBytes('parseCommandSet', commands, (bytes) => {
    const parsed = parseCommandSet(bytes);
    if (!parsed.ok) return assert.ok(parsed.fault.next);
    const { affectedSopInstanceUid = '0', commandField: field } = parsed.value;
    assert.match(affectedSopInstanceUid, /^[\d.]{1,64}$/);
    assert.ok(field >= 0 && field <= 0xffff);
  }));

test('the guard gives an event for bytes, never one out of nothing, and stops at the first refusal', () =>
  fuzzBytes('createGuard', conversations, (bytes) => {
    const guard = createGuard(defaultDimseLimits);
    let events = 0;
    let isOver = false;
    for (let at = 0; at < bytes.length; at += 97) {
      guard.push(bytes.subarray(at, at + 97));
      for (let event = guard.next(); event; event = guard.next()) {
        assert.ok(!isOver, 'nothing follows the end');
        events++;
        if (event.type === 'associate') guard.open(new Set([1, 3]));
        isOver = event.type === 'refuse' || event.type === 'abort' || event.type === 'release';
      }
    }
    assert.ok(events <= bytes.length);
    assert.ok(guard.progress().pdusStarted <= 1 + bytes.length / pduHeaderSizeBytes);
  }));

test('a length is believed no further than its limit', () => {
  const limits: DimseLimits = defaultDimseLimits;
  for (const type of [1, 2, 3, 4, 5, 6, 7]) {
    for (const length of [0, 1, 4, 68, 2 ** 18, 2 ** 18 + 1, 2 ** 31, 2 ** 32 - 1]) {
      const header = new Uint8Array(6);
      header[0] = type;
      new DataView(header.buffer).setUint32(2, length);
      const guard = createGuard(limits);
      const watch = watchAllocations();
      guard.push(header);
      guard.next();
      watch.stop();
      assert.ok(watch.sizeBytes <= limits.associateRequestSizeBytes + 64);
    }
  }
});

test('a command that comes byte by byte costs its length, and one without an end is refused', () => {
  const guard = createGuard(defaultDimseLimits);
  guard.push(associateRequest());
  guard.next();
  guard.open(new Set([1]));
  const fragment = encodeData(1, 1, new Uint8Array(16_000));
  const watch = watchAllocations();
  let why = '';
  for (let sent = 0; sent < 10 && why === ''; sent++) {
    for (const byte of fragment) {
      guard.push(Uint8Array.of(byte));
      const event = guard.next();
      if (event?.type === 'refuse') why = event.why;
    }
  }
  watch.stop();
  assert.equal(why, 'command or identifier too large');
  assert.ok(watch.sizeBytes <= 512 * 1024, `${watch.sizeBytes} bytes`);
});

test('every context of a flood is answered once, with a legal result', () => {
  const contexts = Array.from({ length: 128 }, (_, index) => ({
    id: 2 * index + 1,
    abstractSyntaxUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUids: Array.from({ length: 45 }, (_, n) => `1.2.3.${n}`),
  }));
  const pdu = associateRequest({ contexts });
  const read = readAssociateRequest(pdu.subarray(pduHeaderSizeBytes), defaultDimseLimits);
  assert.ok(read.ok);
  const answers = negotiate(read.value.contexts, {
    isStored: () => true,
    isServed: () => false,
    chooseTransferSyntax: () => undefined,
  });
  assert.deepEqual([...new Set(answers.map(({ result }) => result))], [4]);
  const one = contexts.slice(0, 1);
  const twice = encodePdu(
    1,
    concat(pdu.subarray(6), associateRequest({ contexts: one }).subarray(74)),
  );
  assert.equal(readAssociateRequest(twice.subarray(6), defaultDimseLimits).ok, false);
});

function assertBounded(request: AssociateRequest): void {
  assert.ok(request.callingAeTitle.length <= 16 && request.calledAeTitle.length <= 16);
  assert.doesNotMatch(request.callingAeTitle + request.calledAeTitle, /\p{Cc}/u);
  assert.ok(request.contexts.length >= 1 && request.contexts.length <= 128);
  for (const { id, abstractSyntaxUid } of request.contexts) {
    assert.ok(id % 2 === 1 && id <= 255);
    assert.match(abstractSyntaxUid, /^[\d.]{1,64}$/);
  }
}
