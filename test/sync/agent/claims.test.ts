import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterAnswer, afterFailure, claimsOf, firstGap, withRequest } from '#sync/agent/claims.ts';
import { noProgress, type Piece, type Progress } from '#sync/agent/progress.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const sizeBytes = 1_000;
const packId = idOf(seededBytes('claims', 1));
const pieceOf = (offset: number, length: number): Piece => {
  return { packId, offset, length, sizeBytes, class: 2, isStat: false };
};

/** A relay that keeps what comes early, forgets it now and then, and answers in any order. */
const events = fc.array(
  fc.record({
    kind: fc.constantFrom('send', 'arrive', 'answer', 'fail', 'forget'),
    which: fc.nat({ max: 7 }),
    length: fc.integer({ min: 1, max: 400 }),
  }),
  { maxLength: 80 },
);

interface OnTheWay {
  readonly piece: Piece;
  readonly before: number;
  answer?: number;
}

test('whatever is overtaken, lost or forgotten, every byte is sent in the end', () => {
  fc.assert(
    fc.property(events, (plan) => {
      let known: Progress = noProgress;
      let held = 0;
      let early: { from: number; to: number }[] = [];
      let onTheWay: OnTheWay[] = [];
      const send = (length: number): boolean => {
        const gap = firstGap(known, sizeBytes);
        if (gap === undefined) return false;
        const piece = pieceOf(gap.from, Math.min(length, gap.to - gap.from));
        for (const { piece: other } of onTheWay) {
          const isApart = other.offset + other.length <= piece.offset;
          assert.ok(isApart || piece.offset + piece.length <= other.offset, 'sent twice at once');
        }
        onTheWay.push({ piece, before: known.offset });
        known = { ...known, claims: withRequest(known, piece), requests: known.requests + 1 };
        return true;
      };
      const arrive = (one: OnTheWay): void => {
        early.push({ from: one.piece.offset, to: one.piece.offset + one.piece.length });
        for (let found = true; found; ) {
          const next = early.find(({ from, to }) => from <= held && to > held);
          found = next !== undefined;
          held = next?.to ?? held;
        }
        one.answer = held;
      };
      const end = (one: OnTheWay): void => {
        onTheWay = onTheWay.filter((other) => other !== one);
        const after =
          one.answer === undefined
            ? { claims: afterFailure(known, one.piece) }
            : afterAnswer(known, one.piece, one.before, one.answer);
        known = { ...known, ...after, requests: known.requests - 1 };
      };
      for (const { kind, which, length } of plan) {
        const one = onTheWay[which % Math.max(1, onTheWay.length)];
        if (kind === 'send') send(length);
        if (kind === 'forget') early = [];
        if (one === undefined) continue;
        if (kind === 'arrive' && one.answer === undefined) arrive(one);
        if (kind === 'answer' && one.answer !== undefined) end(one);
        if (kind === 'fail') {
          delete one.answer;
          end(one);
        }
      }
      for (let turn = 0; turn < 2_000 && known.offset < sizeBytes; turn++) {
        if (send(100)) continue;
        const [one] = onTheWay;
        assert.ok(one !== undefined, `stuck at ${JSON.stringify(known)}`);
        if (one.answer === undefined) arrive(one);
        end(one);
      }
      assert.equal(known.offset, sizeBytes);
    }),
    { numRuns: 400 },
  );
});

test('what a relay holds early is not sent again; what makes no sense is not believed', () => {
  const claims = claimsOf(100, [
    [700, 800],
    [300, 500],
    [400, 600],
    [50, 90],
    [900, 900],
  ]);
  assert.deepEqual(
    claims.map(({ from, to }) => [from, to]),
    [
      [300, 500],
      [700, 800],
    ],
  );
  assert.deepEqual(firstGap({ ...noProgress, offset: 100, claims }, sizeBytes), {
    from: 100,
    to: 300,
  });
});

test('an answer older than what is known takes nothing back', () => {
  const known: Progress = { ...noProgress, offset: 600, requests: 1 };
  assert.deepEqual(afterAnswer(known, pieceOf(300, 300), 0, 0), { offset: 600, claims: [] });
});

test('an answer below what was known when its request left means that the relay lost bytes', () => {
  const claims = [{ from: 700, to: 800, isAnswered: true }];
  const known: Progress = { ...noProgress, offset: 600, requests: 1, claims };
  assert.deepEqual(afterAnswer(known, pieceOf(600, 100), 600, 200), { offset: 200, claims: [] });
});
