import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { agentStateSchema } from '#sync/wire/agent-state.ts';
import { encodeBatch, parseBatch } from '#sync/wire/batch.ts';
import { enrolmentSchema } from '#sync/wire/enrolment.ts';
import { batchedPackSizeBytes, batchPacksAtMost } from '#sync/wire/limits.ts';
import { orderSchema } from '#sync/wire/order.ts';
import { packIdSchema, parsePackId } from '#sync/wire/pack-id.ts';
import { peerSchema } from '#sync/wire/peer.ts';
import * as routes from '#sync/wire/routes.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const packId = 'ab'.repeat(32);
const handle = '01'.repeat(16);
const documents: Readonly<Record<string, readonly [z.ZodType, unknown]>> = {
  orderSchema: [
    orderSchema,
    {
      ...{ format: 1, wake: 3, holds: [] },
      packs: [{ packId, class: 0, group: handle, sizeBytes: 1_596 }],
    },
  ],
  peerSchema: [
    peerSchema,
    {
      ...{ format: 1, handle, ownMailbox: handle },
      relays: [{ id: 'relay-1', urls: ['https://192.0.2.1:8443'], spki: 'A'.repeat(43) }],
    },
  ],
  enrolmentSchema: [
    enrolmentSchema,
    {
      format: 1,
      asks: [
        {
          ...{ ticket: handle, request: 'iVNQSw' },
          relays: [{ id: 'relay-1', urls: ['https://192.0.2.1:8443'], spki: 'A'.repeat(43) }],
        },
      ],
    },
  ],
  agentStateSchema: [
    agentStateSchema,
    {
      ...{ format: 1, link: 'up', rateBytesPerS: 12_000, lastContactAt: null },
      offsets: { [packId]: 10 },
      faults: [
        { kind: 'link/down', message: 'm', next: 'n', at: '2026-01-05T10:00:00.000Z', packId },
      ],
    },
  ],
  sessionRequestSchema: [
    routes.sessionRequestSchema,
    { handle, challenge: 'A'.repeat(54), signature: 'A'.repeat(86) },
  ],
  challengeSchema: [routes.challengeSchema, { challenge: 'A'.repeat(54) }],
  sessionSchema: [routes.sessionSchema, { token: 'A'.repeat(43), expiresInS: 3_600 }],
  packIdsSchema: [routes.packIdsSchema, { packIds: [packId, packId] }],
  statusSchema: [
    routes.statusSchema,
    { packs: [{ packId, state: 'offset', offset: 7 }], receipts: ['{}'] },
  ],
  batchSchema: [
    routes.batchSchema,
    { refused: [{ packId, code: 'relay/forbidden' }], receipts: ['{}'] },
  ],
  offsetSchema: [routes.offsetSchema, { offset: 9 }],
  eventsSchema: [
    routes.eventsSchema,
    { cursor: '0123456789abcdef-7', packs: [{ packId, sizeBytes: 2_000 }], keyList: 3 },
  ],
  handleSchema: [routes.handleSchema, handle],
  packIdSchema: [packIdSchema, packId],
};

for (const [name, [schema, sample]] of Object.entries(documents)) {
  test(`${name} reads a value or refuses it, and what it reads it reads again`, () =>
    fuzzJson(
      name,
      [sample],
      (value) => {
        const parsed = schema.safeParse(value);
        if (!parsed.success) return;
        assert.deepEqual(schema.parse(parsed.data), parsed.data);
        assert.ok(
          idsIn(parsed.data).every((id) => parsePackId(id) === id),
          'a path in an id',
        );
      },
      { rounds: 300 },
    ));
}

test('a pack id has one spelling', () =>
  fuzzText('parsePackId', [packId, packId.toUpperCase()], (text) => {
    assert.equal(
      parsePackId(text) !== undefined,
      /^[0-9a-f]{64}$/.test(text) && text.length === 64,
    );
  }));

test('a batch is read up to its cut or it is none, and its packs lie in it', () => {
  const sample = [1, 2, 3].map((n) => ({
    packId: idOf(seededBytes('batch', n)),
    bytes: seededBytes('batch', 2_000 + n),
  }));
  return fuzzBytes('parseBatch', [encodeBatch(sample), new Uint8Array()], (body) => {
    const packs = parseBatch(body);
    if (packs === undefined) return;
    assert.ok(packs.length <= batchPacksAtMost);
    const again = encodeBatch(packs);
    assert.deepEqual(body.subarray(0, again.length), again);
    assert.ok(packs.every(({ bytes }) => bytes.length <= batchedPackSizeBytes));
  });
});

function idsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'packId' && typeof member === 'string' ? [member] : idsIn(member),
  );
}
