import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  indexText,
  mailboxesOf,
  mergeWaiting,
  parseIndex,
  planExport,
} from '#sync/agent/courier.ts';
import { exportText, importText, progressLine, sizeText } from '#sync/agent/courier-text.ts';
import type { WaitingPack } from '#sync/agent/ports-courier.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const ids = Array.from({ length: 12 }, (_, at) => idOf(seededBytes(`pack ${at}`, 8)));
const unitBytes = 4_096;

const arbitraryPacks = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 400_000 }), fc.boolean()), { maxLength: ids.length })
  .map((packs) =>
    packs.flatMap(([sizeBytes, isThere], at) => {
      const packId = ids[at];
      return packId === undefined ? [] : [{ packId, sizeBytes, isThere }];
    }),
  );

test('a plan names each pack once, in order, and fits both the stick and the limit', () => {
  fc.assert(
    fc.property(
      arbitraryPacks,
      fc.integer({ min: 0, max: 3_000_000 }),
      fc.integer({ min: 0, max: 2_000_000 }),
      (packs, freeBytes, limitBytes) => {
        const waiting = packs.map(
          ({ packId, sizeBytes }): WaitingPack => ({ packId, sizeBytes, class: 2, mailbox: '' }),
        );
        const onStick = new Map(
          packs.flatMap(({ packId, sizeBytes, isThere }) => (isThere ? [[packId, sizeBytes]] : [])),
        );
        const plan = planExport(waiting, onStick, { freeBytes, unitBytes, limitBytes });
        const { write, there, leftOut } = plan;
        assert.equal(write.length + there.length + leftOut.length, waiting.length);
        const absent = waiting.filter(({ packId }) => !onStick.has(packId));
        assert.deepEqual([...write, ...leftOut], absent, 'nothing overtakes another pack');
        const bytes = write.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const onDisk = write.reduce(
          (sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / unitBytes) * unitBytes,
          0,
        );
        assert.ok(bytes <= limitBytes && (write.length === 0 || onDisk < freeBytes));
      },
    ),
  );
});

test('a pack of another length on the stick is written again', () => {
  const [packId = idOf(new Uint8Array())] = ids;
  const pack: WaitingPack = { packId, sizeBytes: 500, class: 0, mailbox: '' };
  const room = { freeBytes: 9_000_000, unitBytes, limitBytes: 9_000_000 };
  assert.deepEqual(planExport([pack], new Map([[packId, 499]]), room).write, [pack]);
});

const arbitraryQueue = fc.array(
  fc.record({
    packId: fc.constantFrom(...ids),
    sizeBytes: fc.integer({ min: 1, max: 400_000 }),
    class: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    mailbox: fc.string(),
  }),
  { maxLength: 9 },
);

test('the packs of several centers leave as one queue, each center in its order and the most urgent head first', () => {
  fc.assert(
    fc.property(fc.array(arbitraryQueue, { maxLength: 4 }), (queues) => {
      const merged = mergeWaiting(queues);
      const rest = queues.map((queue) => [...queue]);
      for (const pack of merged) {
        const heads = rest.flatMap(([head]) => (head ? [head] : []));
        const mostUrgent = Math.min(...heads.map((head) => head.class));
        assert.equal(pack.class, mostUrgent);
        const lane = rest.find(([head]) => head === pack);
        assert.ok(lane, 'no pack leaves before its turn in its own queue');
        lane.shift();
      }
      assert.deepEqual(rest.flat(), [], 'none is forgotten');
    }),
  );
});

test('a stick that is too small carries something of each center', () => {
  const packOf = (mailbox: string, sizeBytes: number): WaitingPack => ({
    ...{ packId: idOf(seededBytes(mailbox, 8)), sizeBytes, class: 2, mailbox },
  });
  const [big, small] = [packOf('a', 300), packOf('b', 100)];
  const merged = mergeWaiting([
    [big, big],
    [small, small, small, small],
  ]);
  assert.equal(merged.map(({ mailbox }) => mailbox).join(''), 'abbbab');
});

test('the index names every mailbox of whoever filled the stick, and one as it always did', () => {
  const [one, two, three] = ['0a', '0b', '0c'].map((byte) => byte.repeat(16));
  const told = (answerTo: readonly string[]) => indexText(new Map(), answerTo);
  assert.equal(told([one ?? '']), `{"format":1,"answerTo":"${one}","packs":[]}\n`);
  for (const answerTo of [[], [one ?? ''], [one ?? '', two ?? '', three ?? '']]) {
    assert.deepEqual(mailboxesOf(parseIndex(utf8(told(answerTo)))), answerTo);
  }
});

test('progress is one line of a terminal, from the first byte to the last', () => {
  const progress = { packs: 12, ofPacks: 1_440, bytes: 60_000_000, ofBytes: 240_000_000 };
  assert.equal(
    progressLine(progress, 5_000),
    '[######..................]  25 %  12 of 1440 packs  240 MB  12 MB/s',
  );
  const empty = { packs: 0, ofPacks: 0, bytes: 0, ofBytes: 0 };
  for (const each of [empty, { ...progress, bytes: 240_000_000 }]) {
    assert.match(progressLine(each, 0), /^\[#{24}\] {1,2}100 %/);
  }
  fc.assert(
    fc.property(
      fc.nat(9_999),
      fc.nat(1e12),
      fc.nat(1e12),
      fc.nat(1e7),
      (packs, bytes, ofBytes, ms) => {
        const line = progressLine({ packs, ofPacks: packs, bytes, ofBytes }, ms);
        assert.ok(line.length < 80, line);
      },
    ),
  );
});

test('sizes are said in three figures', () => {
  const said = [0, 999, 1_000, 9_940, 99_960, 999_600, 16_782_080, 4e9, 2e15].map(sizeText);
  const wanted = [
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '100 kB',
    '1.0 MB',
    '17 MB',
    '4.0 GB',
    '2000 TB',
  ];
  assert.deepEqual(said, wanted);
});

test('what a person reads names what was refused, and why, with no control characters of strangers', () => {
  const [packId = idOf(new Uint8Array())] = ids;
  const refused = Array.from({ length: 30 }, (_, at) => ({
    name: `\u001b[2J${at}.spk`,
    reason: 'it is cut: 1 of 2 bytes are there',
  }));
  const nothing = { there: [], refused: [], ignored: [], stopped: undefined };
  const text = importText({
    ...{ ...nothing, refused, taken: [packId], takenBytes: 1_000, foreign: [packId] },
    ...{ missing: [packId], noRoom: [packId], ignored: ['a\nb'] },
    stopped: fault('courier/no-stick', 'It went', 'Put it back'),
  });
  assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
  assert.match(text, /Not taken: \?\[2J0\.spk: it is cut/);
  assert.match(text, /Not taken: 10 more; --json names them all/);
  assert.match(text, /1 pack\(s\) are for somebody else/);
  assert.match(text, /find no room on this disk/);
  assert.match(text, /the stick lists are not on it/);
  assert.match(text, /left alone: a\?b/);
  assert.match(text, /Stopped\. It went\. Put it back\n$/);
  const written = { ...nothing, written: [packId], writtenBytes: 5, leftOut: [], leftOutBytes: 0 };
  assert.equal(exportText(written), '1 pack(s) written, 5 B\n');
});
