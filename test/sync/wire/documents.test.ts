import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agentStateSchema } from '#sync/wire/agent-state.ts';
import { orderSchema } from '#sync/wire/order.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import { peerSchema } from '#sync/wire/peer.ts';

const packId = 'ab'.repeat(32);
const order = {
  format: 1,
  wake: 3,
  packs: [{ packId, class: 0, group: '0f'.repeat(16), sizeBytes: 1_596 }],
};
const peer = {
  format: 1,
  handle: '01'.repeat(16),
  ownMailbox: '02'.repeat(16),
  relays: [{ id: 'relay-1', urls: ['https://192.0.2.1:8443'], spki: 'A'.repeat(43) }],
};
const state = {
  format: 1,
  link: 'up',
  rateBytesPerS: 12_000,
  lastContactAt: null,
  offsets: { [packId]: 10 },
  faults: [],
};

test('a pack id is 64 lower-case hex digits and nothing else', () => {
  assert.equal(parsePackId(packId), packId);
  for (const text of [
    '',
    packId.toUpperCase(),
    `${packId}0`,
    packId.slice(1),
    `${packId}\n`,
    '../x',
  ]) {
    assert.equal(parsePackId(text), undefined, JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string(), (text) => parsePackId(text) === undefined));
});

test('the documents of the spool are read as they are written', () => {
  assert.deepEqual(orderSchema.parse(order), order);
  assert.deepEqual(peerSchema.parse(peer), peer);
  assert.deepEqual(agentStateSchema.parse(state), state);
});

test('an order that could mislead the agent is refused whole', () => {
  const [pack] = order.packs;
  for (const change of [
    { format: 2 },
    { wake: -1 },
    { extra: true },
    { packs: [{ ...pack, packId: '../../etc' }] },
    { packs: [{ ...pack, class: 4 }] },
    { packs: [{ ...pack, sizeBytes: 0 }] },
    { packs: [{ ...pack, group: 'PATIENT' }] },
    { holds: ['x'] },
    { holds: [packId] },
  ]) {
    assert.ok(!orderSchema.safeParse({ ...order, ...change }).success, JSON.stringify(change));
  }
});

test('an order of an earlier program, which holds nothing, is read as one of today', () => {
  assert.deepEqual(orderSchema.parse({ ...order, holds: [] }), order);
});

test('a peer without a pinned relay is refused', () => {
  const [relay] = peer.relays;
  for (const change of [
    { relays: [] },
    { relays: [{ ...relay, spki: '' }] },
    { relays: [{ ...relay, urls: [] }] },
    { relays: [{ ...relay, urls: ['not a url'] }] },
    { handle: 'ABCD' },
    { ownMailbox: '' },
  ]) {
    assert.ok(!peerSchema.safeParse({ ...peer, ...change }).success, JSON.stringify(change));
  }
});

test('an agent state with a negative offset or an unknown link is refused', () => {
  for (const change of [{ offsets: { [packId]: -1 } }, { link: 'fine' }, { rateBytesPerS: -1 }]) {
    assert.ok(!agentStateSchema.safeParse({ ...state, ...change }).success, JSON.stringify(change));
  }
});
