import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  echoAnswerSchema,
  echoRequestSchema,
  forwardListSchema,
} from '#appliance/api/contract-modalities.ts';
import { createModalitiesApp } from '#appliance/api/modalities-app.ts';
import { troubleOf } from '#appliance/outbound/trouble.ts';
import { fuzzJson } from '#test/support/fuzz.ts';

const peer = { name: 'Viewer', aeTitle: 'WS', address: '192.0.2.8', port: 104 };
const told = (why: Parameters<typeof troubleOf>[2]) => troubleOf(peer, 'OUTPOST', why);

test('what is wrong with a peer is one sentence and one thing to do', () => {
  const rejected = (result: number, source: number, reason: number) =>
    told({ kind: 'rejected', result, source, reason });
  assert.match(told({ kind: 'unreachable', code: 'ECONNREFUSED' }).message, /nothing listens/);
  assert.match(told({ kind: 'unreachable', code: 'ETIMEDOUT' }).message, /no answer/);
  assert.match(told({ kind: 'aborted' }).message, /broke off/);
  assert.match(rejected(1, 1, 3).next, /Add this box there: AE title "OUTPOST"/);
  assert.match(rejected(1, 1, 7).message, /another AE title than "WS"/);
  assert.match(rejected(2, 3, 2).message, /busy/);
  assert.match(rejected(1, 2, 1).message, /1\/2\/1/);
});

test('any request is a name or refused, and answers are read as they were written', async () => {
  const answer = { isWell: true, message: 'm', next: 'n' };
  const app = createModalitiesApp({ forwards: async () => [], echo: async () => answer });
  await fuzzJson('createModalitiesApp', [{ name: 'Viewer' }], async (body) => {
    const request = { method: 'POST', body: JSON.stringify(body) ?? '' };
    const said = await app.request('/v1/modalities/test', request);
    const isLong = request.body.length > 4_000;
    if (!isLong) assert.equal(said.status === 200, echoRequestSchema.safeParse(body).success);
  });
  for (const [schema, sample] of [
    [echoAnswerSchema, answer],
    [
      forwardListSchema,
      { forwards: [{ destination: 'V', waiting: 1, forwarded: 0, trouble: null }] },
    ],
  ] as const) {
    await fuzzJson(
      'contract',
      [sample],
      (value) => {
        const parsed = schema.safeParse(value);
        if (parsed.success) assert.deepEqual(schema.parse(parsed.data), parsed.data);
      },
      { rounds: 100 },
    );
  }
});
