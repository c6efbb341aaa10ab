import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '#sync/agent/board.ts';
import { fault } from '#sync/core/fault.ts';
import { agentStateSchema } from '#sync/wire/agent-state.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const packId = idOf(seededBytes('board', 1));
const problem = fault('agent/busy', 'The relay is busy', 'Wait', 'later');

test('a fault that is shown already rings for nobody and keeps its time', () => {
  const clock = createVirtualClock();
  const board = createBoard(clock);
  board.fault('busy', problem);
  const { count } = board.bell;
  const [before, rings] = [board.state().faults, count()];
  clock.advance(5_000);
  board.fault('busy', problem);
  assert.equal(count(), rings);
  assert.deepEqual(board.state().faults, before);
  board.clear('busy');
  board.clear('busy');
  assert.equal(count(), rings + 1);
});

test('the state has the agreed form and names what the relay confirmed', () => {
  const board = createBoard(createVirtualClock());
  board.outgoing = [{ packId, sizeBytes: 100 }];
  board.note(packId, { offset: 40 });
  board.fault(packId, problem, packId);
  board.contact();
  const state = agentStateSchema.parse(board.state());
  assert.deepEqual(state.offsets, { [packId]: 40 });
  assert.equal(state.link, 'up');
  assert.equal(state.faults[0]?.packId, packId);
  board.note(packId, { isDone: true });
  assert.deepEqual(board.state().offsets, { [packId]: 100 });
});

test('a pack that left the spool takes its faults with it, and wake ends all pauses', () => {
  const board = createBoard(createVirtualClock());
  board.note(packId, { notBeforeMs: 9_999 });
  board.away = { times: 3, notBeforeMs: 9_999, statNotBeforeMs: 9_999 };
  board.fault(packId, problem, packId);
  board.forgetPauses();
  assert.equal(board.progressOf(packId).notBeforeMs, 0);
  assert.deepEqual(board.away, { times: 0, notBeforeMs: 0, statNotBeforeMs: 0 });
  board.keepOnly(new Set());
  assert.deepEqual(board.state().faults, []);
});

test('a queue that stands for long does not become the usual round trip, however many echoes tell of it', () => {
  const clock = createVirtualClock();
  const board = createBoard(clock);
  const echo = (ms: number, times: number, everyMs: number): void => {
    for (let n = 0; n < times; n++) {
      clock.advance(everyMs);
      board.echoed(ms);
    }
  };
  assert.equal(board.roundTripMs(), 0);
  echo(10, 1, 250);
  echo(350, 400, 250);
  assert.equal(board.roundTripMs(), 10, 'of the last two minutes');
  echo(350, 100, 250);
  assert.equal(board.roundTripMs(), 350);
  echo(20, 1, 5_000);
  echo(40, 31, 5_000);
  assert.equal(board.roundTripMs(), 20, 'of the last 32');
  echo(40, 1, 5_000);
  assert.equal(board.roundTripMs(), 40);
  echo(600, 1, 5_000);
  board.forgetEchoes();
  assert.equal(board.roundTripMs(), 600);
});
