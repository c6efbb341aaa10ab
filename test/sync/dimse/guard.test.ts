import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { commandField, encodeRequest } from '#sync/dimse/command.ts';
import type { GuardEvent } from '#sync/dimse/events.ts';
import { createGuard, type Guard } from '#sync/dimse/guard.ts';
import { type DimseLimits, defaultDimseLimits } from '#sync/dimse/limits.ts';
import { encodeData, encodePdu, encodeRelease, fragment, pduType } from '#sync/dimse/pdu.ts';
import {
  associateRequest,
  ctClassUid,
  dataOfSeveral,
  datasetPdus,
  echoCommand,
  storeCommand,
} from '#test/support/dimse-peer.ts';

const accepted = new Set([1, 3]);

/** Pulls all events of `chunks`; neighbouring `data` events become one. */
function eventsOf(chunks: Iterable<Uint8Array>, limits: Partial<DimseLimits> = {}): GuardEvent[] {
  const guard = createGuard({ ...defaultDimseLimits, ...limits });
  const events: GuardEvent[] = [];
  for (const chunk of chunks) {
    guard.push(chunk);
    pull(guard, events);
  }
  return events;
}

function pull(guard: Guard, events: GuardEvent[]): void {
  for (let event = guard.next(); event; event = guard.next()) {
    const last = events.at(-1);
    if (event.type === 'data' && last?.type === 'data') {
      events[events.length - 1] = { type: 'data', bytes: concat(last.bytes, event.bytes) };
    } else {
      events.push(event);
    }
    if (event.type === 'associate') guard.open(accepted);
  }
}

function typesOf(...pdus: readonly Uint8Array[]): string[] {
  return eventsOf(pdus).map((event) => event.type);
}

function lastOf(chunks: Iterable<Uint8Array>, limits: Partial<DimseLimits> = {}): string {
  const last = eventsOf(chunks, limits).at(-1);
  return last?.type === 'refuse' ? last.why : (last?.type ?? 'nothing');
}

const dataset = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);

const conversation = concat(
  associateRequest(),
  echoCommand(7),
  storeCommand('1.2.3.4'),
  datasetPdus(dataset),
  storeCommand('1.2.3.5', { messageId: 2 }),
  dataOfSeveral([3, 0, dataset.subarray(0, 9000)], [3, 0, new Uint8Array()], [3, 2, dataset]),
  encodeRelease('request'),
);

test('a whole conversation gives its events in order', () => {
  const events = eventsOf([conversation]);
  assert.deepEqual(
    events.map((event) => event.type),
    ['associate', 'message', 'store', 'data', 'stored', 'store', 'data', 'stored', 'release'],
  );
  const [, echo, store, data, stored, , second] = events;
  assert.ok(echo?.type === 'message' && echo.command.messageId === 7);
  assert.ok(store?.type === 'store' && store.command.affectedSopInstanceUid === '1.2.3.4');
  assert.ok(data?.type === 'data' && Buffer.from(dataset).equals(data.bytes));
  assert.ok(stored?.type === 'stored' && stored.sizeBytes === dataset.length);
  const expected = concat(dataset.subarray(0, 9000), dataset);
  assert.ok(second?.type === 'data' && Buffer.from(expected).equals(second.bytes), 'H2');
});

test('any fragmentation of the same bytes gives the same events', () => {
  const expected = eventsOf([conversation]);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 60 }),
      (sizes) => {
        assert.deepEqual(eventsOf(cut(conversation, sizes)), expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('one byte at a time gives the same events', () => {
  const short = concat(
    associateRequest(),
    storeCommand('1.2.3.4'),
    datasetPdus(dataset.subarray(0, 300), 100),
    encodeRelease('request'),
  );
  assert.deepEqual(eventsOf(cut(short, [1])), eventsOf([short]));
});

test('bytes pushed while nobody pulls keep their order', () => {
  const guard = createGuard(defaultDimseLimits);
  const events: GuardEvent[] = [];
  for (const chunk of cut(conversation, [17, 4096])) guard.push(chunk);
  pull(guard, events);
  assert.deepEqual(events, eventsOf([conversation]));
});

test('an event pulled from the middle leaves the order of what is pushed next', () => {
  const [first, second, third] = [echoCommand(1), echoCommand(2), echoCommand(3)];
  const guard = createGuard(defaultDimseLimits);
  guard.push(associateRequest());
  guard.next();
  guard.open(accepted);
  guard.push(first);
  guard.push(second);
  guard.next();
  guard.push(third);
  const ids = [guard.next(), guard.next()].map((e) => e?.type === 'message' && e.command.messageId);
  assert.deepEqual(ids, [2, 3]);
});

test('random bytes, alone or behind an association, never throw and end in at most one refusal', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 300 })), (isOpen, chunks) => {
      const events = eventsOf(isOpen ? [associateRequest(), ...chunks] : chunks);
      assert.ok(events.filter((event) => event.type === 'refuse').length <= 1);
    }),
  );
});

test('one changed byte anywhere never throws', () => {
  const bytes = concat(associateRequest(), storeCommand('1.2.3.4'), datasetPdus(dataset, 9000));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const mutated = Uint8Array.from(bytes);
      mutated[at] = value;
      eventsOf([mutated]);
    }),
    { numRuns: 500 },
  );
});

test('nothing but an association request may come first', () => {
  assert.deepEqual(typesOf(storeCommand('1.2.3')), ['refuse']);
  assert.deepEqual(typesOf(encodeRelease('request')), ['refuse']);
  assert.deepEqual(typesOf(encodePdu(pduType.associateAccept, new Uint8Array(80))), ['refuse']);
  assert.deepEqual(typesOf(encodePdu(pduType.abort, new Uint8Array(4))), ['abort']);
});

test('a second association request is refused', () => {
  assert.equal(lastOf([associateRequest(), associateRequest()]), 'PDU out of order');
});

test('nothing is handled before the association is answered', () => {
  const guard = createGuard(defaultDimseLimits);
  guard.push(concat(associateRequest(), echoCommand()));
  assert.equal(guard.next()?.type, 'associate');
  assert.equal(guard.next(), undefined);
  guard.open(accepted);
  assert.equal(guard.next()?.type, 'message');
});

test('a fragment on a context that was not accepted is refused', () => {
  const why = 'PDV on a context that was not accepted';
  assert.equal(lastOf([associateRequest(), echoCommand(1, 99)]), why);
});

test('a PDU length beyond the limit is refused at its header', () => {
  const header = Uint8Array.of(pduType.data, 0, 0xff, 0xff, 0xff, 0xff);
  assert.equal(lastOf([associateRequest(), header]), 'PDU length');
  const request = Uint8Array.of(pduType.associateRequest, 0, 0, 4, 0, 1);
  assert.equal(lastOf([request]), 'PDU length', '256 KiB and one byte');
});

test('a sender that counts the announced length without the headers is borne, no more', () => {
  const { pduLengthBytes } = defaultDimseLimits;
  const fragmentOf = (sizeBytes: number) => encodeData(3, 2, new Uint8Array(sizeBytes));
  const start = [associateRequest(), storeCommand('1.2.3.4')];
  assert.equal(lastOf([...start, fragmentOf(pduLengthBytes)]), 'stored');
  assert.equal(lastOf([...start, fragmentOf(pduLengthBytes + 6)]), 'stored');
  assert.equal(lastOf([...start, fragmentOf(pduLengthBytes + 7)]), 'PDU length');
});

test('fragments that are too long, cut off or mixed up are refused', () => {
  const command = storeCommand('1.2.3.4');
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['PDV length', encodePdu(4, Uint8Array.of(0, 0, 0, 9, 3, 3, 1))],
    ['PDV length', encodePdu(4, Uint8Array.of(0, 0, 0, 1, 3, 3, 1))],
    [
      'PDV cut off',
      encodePdu(4, concat(encodeData(3, 1, new Uint8Array(3)).subarray(6), dataset.subarray(0, 5))),
    ],
    ['dataset without a command', encodeData(3, 2, dataset.subarray(0, 10))],
    ['command and dataset fragments mixed', concat(command, command)],
    ['message changes its context', concat(command, encodeData(1, 2, dataset.subarray(0, 10)))],
    ['PDU out of order', concat(command, encodeRelease('request'))],
  ];
  for (const [why, bytes] of cases) assert.equal(lastOf([associateRequest(), bytes]), why);
});

test('endless commands and identifiers hit a limit, also in empty fragments', () => {
  const empty = concat(...Array.from({ length: 2000 }, () => encodeData(3, 1, new Uint8Array())));
  assert.equal(lastOf([associateRequest(), empty]), 'too many fragments');
  const long = concat(
    ...Array.from({ length: 5 }, () => encodeData(3, 1, dataset.subarray(0, 16_000))),
  );
  assert.equal(lastOf([associateRequest(), long]), 'command or identifier too large');
});

test('a procedure step may name every image of a long exam; a query is short', () => {
  const wholeOf = (field: number, pieces: number): Uint8Array => {
    const command = encodeRequest({
      ...{ commandField: field, messageId: 1, hasDataset: true },
      affectedSopClassUid: ctClassUid,
    });
    const piece = new Uint8Array(16_000);
    return concat(
      encodeData(3, fragment.command | fragment.last, command),
      ...Array.from({ length: pieces }, (_, index) =>
        encodeData(3, index === pieces - 1 ? fragment.last : 0, piece),
      ),
    );
  };
  const { find, nCreate, nSet } = commandField;
  for (const field of [nCreate, nSet])
    assert.equal(lastOf([associateRequest(), wholeOf(field, 60)]), 'message');
  for (const [field, pieces] of [
    [nSet, 140],
    [find, 5],
  ] as const)
    assert.equal(
      lastOf([associateRequest(), wholeOf(field, pieces)]),
      'command or identifier too large',
    );
});

test('a dataset beyond the limit is told once, and read to its end without its bytes', () => {
  const bytes = [associateRequest(), storeCommand('1.2.3.4'), datasetPdus(dataset), echoCommand(2)];
  const kinds = (limits: Partial<DimseLimits>): string[] =>
    eventsOf(bytes, limits).map(({ type }) => type);
  const { length } = dataset;
  const overlong = ['associate', 'store', 'data', 'overlong', 'stored', 'message'];
  for (const objectSizeBytes of [length - 1, length - 20_000]) {
    assert.deepEqual(kinds({ objectSizeBytes, droppedSizeBytes: 20_000 }), overlong);
  }
  assert.deepEqual(kinds({ objectSizeBytes: 10 }), overlong.toSpliced(2, 1));
  assert.deepEqual(kinds({ objectSizeBytes: length }), overlong.toSpliced(3, 1));
});

test('a dataset that goes on and on beyond the limit is refused', () => {
  const bytes = [associateRequest(), storeCommand('1.2.3.4'), datasetPdus(dataset)];
  const limits = { objectSizeBytes: 10_000, droppedSizeBytes: dataset.length - 10_000 };
  assert.equal(lastOf(bytes, limits), 'stored');
  const fewer = { ...limits, droppedSizeBytes: limits.droppedSizeBytes - 1 };
  assert.equal(lastOf(bytes, fewer), 'object without an end');
});

test('dataset bytes are views of what was pushed, not copies', () => {
  const guard = createGuard(defaultDimseLimits);
  guard.push(associateRequest());
  guard.next();
  guard.open(new Set([3]));
  const bytes = concat(storeCommand('1.2.3.4'), datasetPdus(dataset.subarray(0, 100)));
  guard.push(bytes);
  assert.equal(guard.next()?.type, 'store');
  const data = guard.next();
  assert.ok(data?.type === 'data' && data.bytes.buffer === bytes.buffer);
});

test('progress tells the beginning of a PDU, and of a message, from its end', () => {
  const guard = createGuard(defaultDimseLimits);
  const told = (bytes: Uint8Array): readonly unknown[] => {
    guard.push(bytes);
    guard.next();
    const { state, pdusStarted, isMidPdu, isMidMessage } = guard.progress();
    return [state, pdusStarted, isMidPdu, isMidMessage];
  };
  const request = associateRequest();
  assert.deepEqual(told(request.subarray(0, 3)), ['idle', 1, true, false]);
  assert.deepEqual(told(request.subarray(3)), ['requested', 1, false, false]);
  guard.open(accepted);
  assert.deepEqual(told(storeCommand('1.2.3')), ['open', 2, false, true]);
  assert.deepEqual(told(datasetPdus(new Uint8Array())), ['open', 3, false, false]);
});

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
