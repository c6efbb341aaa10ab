import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolLoop } from '#sync/agent/enrol.ts';
import type { AgentPorts, Link, LinkRequest } from '#sync/agent/ports.ts';
import { base64url, utf8 } from '#sync/core/bytes.ts';
import { ok } from '#sync/core/result.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const ticket = 'ab'.repeat(16);
const request = utf8('a sealed request');
const grant = utf8('a sealed grant');
const relay = (id: string) => ({ id, urls: [`https://${id}`], spki: 'A'.repeat(43) });

interface Answer {
  readonly status: number;
  readonly body?: Uint8Array;
}

/** A box that asks at relays which answer as `say` does, in virtual time. */
async function open(say: (url: string, asked: LinkRequest) => Answer, ids = ['relay-1']) {
  const { agent: spool, clinical } = createMemorySpool();
  const stop = new AbortController();
  const { connection, board, clock } = connectionOf({}, { spool });
  const asked: string[] = [];
  const ports: AgentPorts = {
    ...connection,
    connect: ({ url }) => {
      const link: Partial<Link> = {
        async request(made) {
          asked.push(`${made.method} ${url}`);
          // Who has nothing to say keeps the question open for a while.
          const { status, body = new Uint8Array() } = say(url, made);
          if (status === 204) await clock.wait(50_000, made.signal);
          return ok({ status, body, header: () => undefined });
        },
        close: () => undefined,
      };
      return link as Link;
    },
  };
  await clinical.writeEnrolment({
    format: 1,
    asks: [{ ticket, request: base64url(request), relays: ids.map(relay) }],
  });
  const loop = enrolLoop(ports, board, stop.signal);
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000);
      for (let turn = 0; turn < 40; turn++) await Promise.resolve();
    }
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await loop;
  };
  return { asked, board, clinical, spool, pass, end };
}

const isAsked = (made: LinkRequest): boolean => made.method === 'GET';

test('a request is brought once, and its grant goes to the clinical side once', async () => {
  let after = '';
  const { asked, spool, pass, end } = await open((_url, made) => {
    if (!isAsked(made)) return { status: 201 };
    after = /after=([0-9a-f]*)/.exec(made.path)?.[1] ?? '';
    return after === '' ? { status: 200, body: grant } : { status: 204 };
  });
  await pass(10_000);
  assert.equal(asked.filter((each) => each.startsWith('POST')).length, 1);
  assert.deepEqual((await spool.incoming()).held, [after], 'it asks for another than it has');
  await end();
});

test('a relay that lost the request gets it again within the hour', async () => {
  const { asked, pass, end } = await open((_url, made) => ({ status: isAsked(made) ? 204 : 201 }));
  const brought = (): number => asked.filter((each) => each.startsWith('POST')).length;
  await pass(50 * 60_000);
  assert.equal(brought(), 1);
  await pass(15 * 60_000);
  assert.equal(brought(), 2);
  await end();
});

test('a relay that does not answer is followed by the next one', async () => {
  const { asked, board, pass, end } = await open(
    (url, made) => ({ status: url.endsWith('relay-1') ? 503 : isAsked(made) ? 204 : 201 }),
    ['relay-1', 'relay-2'],
  );
  await pass(2_000);
  assert.deepEqual(asked.slice(0, 3), [
    'POST https://relay-1',
    'POST https://relay-2',
    'GET https://relay-2',
  ]);
  assert.deepEqual(board.state().faults, []);
  await end();
});

test('a card that no relay knows is shown in words for the card', async () => {
  const { board, clinical, pass, end } = await open(() => ({ status: 404 }));
  await pass(2_000);
  const [shown] = board.state().faults;
  assert.equal(shown?.kind, 'agent/absent');
  assert.match(shown?.next ?? '', /call the center/);
  await clinical.writeEnrolment({ format: 1, asks: [] });
  await pass(120_000);
  assert.deepEqual(board.state().faults, [], 'a card that left asks nothing');
  await end();
});
