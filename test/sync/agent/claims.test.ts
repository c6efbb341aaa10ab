import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  afterAnswer,
  afterCut,
  afterFailure,
  afterStatus,
  claimsOf,
  firstGap,
  withRequest,
} from '#sync/agent/claims.ts';
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
    kind: fc.constantFrom('send', 'arrive', 'answer', 'fail', 'cut', 'ask', 'told', 'forget'),
    which: fc.nat({ max: 7 }),
    length: fc.integer({ min: 1, max: 400 }),
  }),
  { maxLength: 80 },
);

/** What was known when the relay was asked, and what it said. */
interface Question {
  readonly known: Progress;
  readonly offset: number;
  readonly early: readonly [number, number][];
}

const pairOf = ({ from, to }: { from: number; to: number }): [number, number] => [from, to];

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
      let question: Question | undefined;
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
      const hear = (): void => {
        if (question === undefined) return;
        known = {
          ...known,
          ...afterStatus(known, question.known, question.offset, question.early),
        };
        question = undefined;
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
        if (kind === 'ask') question ??= { known, offset: held, early: early.map(pairOf) };
        if (kind === 'told' && question !== undefined) hear();
        if (one === undefined) continue;
        if (kind === 'arrive' && one.answer === undefined) arrive(one);
        if (kind === 'answer' && one.answer !== undefined) end(one);
        if (kind === 'fail') {
          delete one.answer;
          end(one);
        }
        if (kind === 'cut') {
          onTheWay = onTheWay.filter((other) => other !== one);
          const claims = afterCut(known, one.piece);
          known = { ...known, claims, requests: known.requests - 1 };
        }
      }
      for (let turn = 0; turn < 2_000 && known.offset < sizeBytes; turn++) {
        if (send(100)) continue;
        if (question === undefined && known.claims.some(({ state }) => state === 'doubtful')) {
          question = { known, offset: held, early: early.map(pairOf) };
        }
        if (question !== undefined) {
          hear();
          continue;
        }
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
  const claims: Progress['claims'] = [{ from: 700, to: 800, state: 'answered' }];
  const known: Progress = { ...noProgress, offset: 600, requests: 1, claims };
  assert.deepEqual(afterAnswer(known, pieceOf(600, 100), 600, 200), { offset: 200, claims: [] });
});

test('what was cut is neither sent nor given up before the relay said what it holds', () => {
  const cut: Progress = { ...noProgress, claims: afterCut(noProgress, pieceOf(0, 400)) };
  assert.deepEqual(firstGap(cut, sizeBytes), { from: 400, to: 1_000 });
  const told = { ...cut, ...afterStatus(cut, cut, 150, [[200, 300]]) };
  assert.deepEqual(firstGap({ ...told, requests: 1 }, sizeBytes), { from: 150, to: 200 });
  assert.deepEqual(told.claims, [{ from: 200, to: 300, state: 'answered' }]);
});

test('what left after the question stays claimed, and ranges that touch all count', () => {
  const asked: Progress = { ...noProgress, offset: 100 };
  const known = { ...asked, requests: 1, claims: withRequest(asked, pieceOf(500, 100)) };
  const after = afterStatus(known, asked, 100, [
    [200, 300],
    [300, 400],
    [550, 700],
  ]);
  assert.deepEqual(
    after.claims.map(({ from, to, state }) => [from, to, state]),
    [
      [200, 300, 'answered'],
      [300, 400, 'answered'],
      [500, 600, 'sent'],
      [600, 700, 'answered'],
    ],
  );
});
