import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callFaultOf, parseAnswer, parseText } from '#sync/agent/call.ts';
import { createRelayClient } from '#sync/agent/client.ts';
import { agentConfigSchema } from '#sync/agent/config.ts';
import { judgeOutside, parseIndex, parseLimit, sortFiles } from '#sync/agent/courier.ts';
import { openInbox } from '#sync/agent/inbox.ts';
import { listenLoop } from '#sync/agent/listen.ts';
import type { LinkAnswer } from '#sync/agent/ports.ts';
import { fullTrust } from '#sync/agent/streams.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { ok } from '#sync/core/result.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { type Events, eventsSchema, statusSchema } from '#sync/wire/routes.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';
import { idOf, outsideOfPack, seededBytes } from '#test/support/pack-bytes.ts';
import { testParty } from '#test/support/relay-world.ts';

const packId = idOf(seededBytes('pack', 10));
const never = new AbortController().signal;
const box = testParty('box one');

const answers = {
  challenge: { challenge: 'A'.repeat(54) },
  session: { token: 'A'.repeat(43), expiresInS: 3_600 },
  offset: { offset: 9 },
  status: { packs: [{ packId, state: 'offset', offset: 7 }], receipts: ['{}'] },
  events: { cursor: 'c', packs: [{ packId, sizeBytes: 2_000 }], keyList: 3 },
};

function answerOf(body: Uint8Array, status = 200, header = ''): LinkAnswer {
  return { status, body, header: () => header };
}

/** A relay that opens one session (a signature takes milliseconds) and then says `said` to everything. */
const usual = [answers.challenge, answers.session].map((each) => utf8(JSON.stringify(each)));
let said = answerOf(new Uint8Array());
const client = createRelayClient(
  {
    request: async ({ stream }) => {
      const session = usual.shift();
      if (session) return ok(answerOf(session));
      const take = said.status < 300 ? stream?.(said) : undefined;
      if (take === undefined) return ok(said);
      for (let at = 0; at < said.body.length; at += 97) take(said.body.subarray(at, at + 97));
      return ok({ ...said, body: new Uint8Array() });
    },
    open: async () => ok(undefined),
    reset: () => undefined,
    standing: () => () => undefined,
    close: () => undefined,
  },
  { ...box, spkiSha256: seededBytes('spki', 32) },
  never,
);

/** Every route of one relay that answers nonsense; what comes of it is in bounds or a fault with a next step. */
async function callAll(body: Uint8Array, status: number, header: string): Promise<void> {
  said = answerOf(body, status, header);
  const piece = { packId, offset: 0, sizeBytes: 10 };
  const outcomes = [
    await client.status([packId], never),
    await client.upload(piece, new Uint8Array(1), { deadlineMs: 1_000, signal: never }),
    await client.events(box.mailbox, '../\r\n', 1, never),
    await client.fetch(packId, 0, 10, 1_000, never),
    await client.acknowledge([packId], never),
    await client.keyList(never),
    await client.putPublic('center.keys', new Uint8Array(1), never),
  ];
  for (const outcome of outcomes) {
    if (outcome.ok) continue;
    assert.match(outcome.fault.kind, /^agent\//);
    assert.ok(outcome.fault.next);
    assert.doesNotMatch(outcome.fault.message, /\p{Cc}/u, 'no text of the relay is repeated');
    assert.ok((outcome.fault.retryAfterMs ?? 0) <= 3_600_000);
  }
}

test('an answer of any form is read in bounds or refused', async () => {
  await fuzzJson(
    'createRelayClient',
    Object.values(answers),
    async (value) => {
      const body = utf8(JSON.stringify(value) ?? '');
      for (const status of [200, 201, 206]) await callAll(body, status, 'bytes 0-9/10');
      const events = parseAnswer(answerOf(body), eventsSchema);
      if (events.ok)
        assert.ok(events.value.packs.every(({ packId: id }) => /^[0-9a-f]{64}$/.test(id)));
      const known = parseAnswer(answerOf(body), statusSchema);
      if (known.ok)
        assert.ok(known.value.packs.every(({ offset }) => Number.isSafeInteger(offset)));
    },
    { rounds: 250 },
  );
  await fuzzText(
    'parseAnswer',
    [JSON.stringify(answers.status), '{"offset":1}'],
    (text) => {
      const events = parseText(text, eventsSchema);
      assert.ok(events === undefined || events.packs.length <= 1_100);
      return callAll(utf8(text), 200, '');
    },
    { rounds: 150 },
  );
});

test('any status and any header mean a fault that says when to come again, in an hour at most', () =>
  fuzzText(
    'callFaultOf',
    ['120', '-1', '1e9', 'Wed, 21 Oct 2026 07:28:00 GMT'],
    async (text) => {
      for (const status of [300, 302, 400, 401, 404, 409, 418, 422, 429, 500, 503, 999]) {
        const fault = callFaultOf(answerOf(utf8(text), status, text));
        assert.ok((fault.retryAfterMs ?? 0) >= 0 && (fault.retryAfterMs ?? 0) <= 3_600_000);
        assert.ok(fault.offset === undefined || Number.isSafeInteger(fault.offset));
      }
    },
    { rounds: 300 },
  ));

test('a relay that names packs without end is not listened to for ever', async () => {
  const stop = new AbortController();
  let asked = 0;
  const events = async () => {
    asked++;
    if (asked > 200) stop.abort();
    const packs = Array.from({ length: 1_000 }, (_, n) => ({
      packId: (`${asked}`.padStart(8, '0').padEnd(56, '0') + `${n}`.padStart(8, '0')) as PackId,
      sizeBytes: 2_000,
    }));
    return ok({ cursor: String(asked), packs, keyList: 0 });
  };
  const follow = () => new Promise<never>(() => undefined);
  const { connection, board, clock } = connectionOf(
    { events, follow },
    { signal: stop.signal, leave: () => undefined },
  );
  board.streams.set('relay-1', { ...fullTrust, pollUntilMs: Number.POSITIVE_INFINITY });
  const inbox = openInbox(connection);
  const listening = listenLoop(connection, inbox);
  while (clock.waiting() === 0 && asked <= 200) await Promise.resolve();
  assert.ok(inbox.waiting.size <= 51_000, `${inbox.waiting.size} packs are remembered`);
  const [first] = inbox.waiting.keys();
  if (first) inbox.waiting.delete(first);
  for (const id of [...inbox.waiting.keys()].slice(0, 5_000)) inbox.waiting.delete(id);
  const before = asked;
  board.bell.ring();
  while (asked === before) await Promise.resolve();
  stop.abort();
  board.bell.ring();
  await listening;
});

test('a config of any form is taken or refused', () =>
  fuzzJson(
    'agentConfigSchema',
    [
      { format: 1, dataDir: '/data', spoolDir: '/spool' },
      {
        ...{ format: 1, dataDir: '/data', spoolDir: '/spool', timetable: '07:00 512k 20:00 off' },
        budget: { monthlyBytes: 5e10, resetDay: 5 },
        timeZone: 'Africa/Nairobi',
      },
    ],
    (value) => {
      const parsed = agentConfigSchema.safeParse(value);
      if (parsed.success) assert.ok(parsed.data.spoolDir.startsWith('/'));
    },
    { rounds: 200 },
  ));

test('the list on a stick is read or it is none, and its packs are named by ids', async () => {
  const index = { format: 1, answerTo: box.mailbox, packs: [{ packId, sizeBytes: 2_000 }] };
  await fuzzBytes('parseIndex', [utf8(JSON.stringify(index))], (bytes) => {
    const read = parseIndex(bytes);
    for (const pack of read?.packs ?? []) assert.match(pack.packId, /^[0-9a-f]{64}$/);
    assert.ok(read?.answerTo === undefined || /^[0-9a-f]{32}$/.test(read.answerTo));
  });
});

test('the outside of a file on a stick is judged, whatever it is', async () => {
  const pack = outsideOfPack(box.mailbox, 2_000, 'stick');
  await fuzzBytes('judgeOutside', [pack.subarray(0, 128)], (head) => {
    const outside = judgeOutside(head, pack.length, [box.mailbox]);
    if (outside.outcome === 'refused') assert.ok(outside.reason);
  });
  assert.equal(judgeOutside(pack.subarray(0, 128), pack.length, [box.mailbox]).outcome, 'own');
});

test('names on a stick are packs, or refused, or left alone: each is in one list', async () => {
  const names = [`${packId}.spk`, `.${packId}.spk.12.1`, 'index.json', 'AUTORUN.INF', '.spk'];
  await fuzzText('sortFiles', names, (name) => {
    const { packs, refused, ignored, leftovers } = sortFiles([
      { name, sizeBytes: 1, isFile: true },
    ]);
    const found = packs.length + refused.length + ignored.length + leftovers.length;
    assert.equal(found, name === 'index.json' ? 0 : 1);
    for (const { packId: id } of packs) assert.equal(`${id}.spk`, name);
  });
});

test('a limit is a number of bytes or none', async () => {
  await fuzzText('parseLimit', ['4G', '100k', '7', '999999G'], (text) => {
    const bytes = parseLimit(text);
    assert.ok(bytes === undefined || (Number.isSafeInteger(bytes) && bytes > 0));
  });
});

test('a stream of any bytes is heard in bounds or not believed', async () => {
  await fuzzBytes(
    'follow',
    ['one', 'two'].map((name) => {
      const events = { cursor: name, packs: [{ packId, sizeBytes: 2_000, class: 1 }], keyList: 1 };
      return utf8(`data:${JSON.stringify(events)}\n\n:\n\ndata:${JSON.stringify(events)}\n\n`);
    }),
    async (bytes) => {
      said = answerOf(bytes, 200, 'text/event-stream');
      let heard = 0;
      const onEvents = (events: Events | 'quiet'): void => {
        heard++;
        if (events !== 'quiet') eventsSchema.parse(events);
      };
      const followed = await client.follow(box.mailbox, '', onEvents, never);
      assert.ok(heard <= bytes.length);
      assert.ok(followed.ok || followed.fault.kind === 'agent/relay-broken');
    },
    { rounds: 60 },
  );
});
