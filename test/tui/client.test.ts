import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { type Client, createClient } from '#tui/client.ts';
import { createFinder, follow } from '#tui/client-follow.ts';
import { newestOnly } from '#tui/client-newest.ts';
import type { Event } from '#tui/model/event.ts';
import { startFakeAppliance } from '../support/fake-appliance.ts';
import { status, studies } from './samples.ts';

test('status, studies, a study and a document come as the contract says', async (t) => {
  const { client, signal } = await openBox(t);
  const found = await client.status(signal);
  assert.ok(found.ok && found.value.siteName === 'DEMO CLINIC');
  const list = await client.studies(undefined, signal);
  assert.ok(list.ok && list.value.studies.length === studies.length);
  const one = await client.study(studies[0]?.studyInstanceUid ?? '', signal);
  assert.ok(one.ok && one.value.patientName === 'TEST^ALPHA');
  const document = await client.document('r-1', signal);
  assert.ok(document.ok);
  assert.equal(document.value.contentType, 'application/pdf');
  assert.deepEqual([...document.value.bytes], [37, 80, 68, 70]);
});

test('a request that is over leaves no listener on the signal of the screen', async (t) => {
  const { client, signal } = await openBox(t);
  await client.status(signal);
  await client.study('1.2.3', signal);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('a refusal of the box is told in its words', async (t) => {
  const { client, signal } = await openBox(t);
  const answer = await client.study('1.2.3', signal);
  assert.ok(!answer.ok);
  assert.equal(answer.fault.kind, 'tui/refused');
  assert.equal(answer.fault.message, 'There is no such thing');
});

test('a box that is not there does not answer', async (t) => {
  const { folder, signal } = await openFolder(t);
  const answer = await createClient(join(folder, 'none.sock')).status(signal);
  assert.ok(!answer.ok && answer.fault.kind === 'tui/no-answer');
});

test('a socket that this user may not open is told apart from silence', async (t) => {
  if (process.getuid?.() === 0) {
    t.skip('root may open every socket');
    return;
  }
  const { client, socket, signal } = await openBox(t);
  await chmod(socket, 0o000);
  const answer = await client.status(signal);
  assert.ok(!answer.ok && answer.fault.kind === 'tui/no-permission');
});

test('the words of a refusal cannot act on the terminal', async (t) => {
  const { folder, signal } = await openFolder(t);
  const socket = join(folder, 'box.sock');
  const said = { code: 'X', message: 'Gone\u001b[2J', next: 'Go\r\nback\u202e' };
  const server = createServer((_request, response) => {
    response.writeHead(404).end(JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  const answer = await createClient(socket).status(signal);
  assert.ok(!answer.ok);
  assert.equal(`${answer.fault.message} ${answer.fault.next}`, 'Gone?[2J Go??back?');
});

for (const [what, body] of [
  ['that is no JSON', '<html>'],
  ['of another version', '{"siteName": 7}'],
] as const) {
  test(`an answer ${what} is refused, not shown`, async (t) => {
    const { folder, signal } = await openFolder(t);
    const socket = join(folder, 'box.sock');
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    t.after(() => server.close());
    const answer = await createClient(socket).status(signal);
    assert.ok(!answer.ok && answer.fault.kind === 'tui/other-version');
  });
}

test('a change at the box reaches the screen, and so does its silence and its return', async (t) => {
  const { box, client, socket } = await openBox(t);
  const leaving = new AbortController();
  const events = eventQueue();
  const pace = { statusMs: 5, studiesMs: 5 };
  const following = follow(
    client,
    { dispatch: events.push, nowMs: () => 0, finder: createFinder() },
    leaving.signal,
    pace,
  );

  await events.until(({ type }) => type === 'status');
  await events.until(({ type }) => type === 'studies');
  box.box.studies = studies.slice(0, 3);
  box.touch();
  await events.until((event) => event.type === 'studies' && event.list.studies.length === 3);

  await box.stop();
  await events.until((event) => event.type === 'silence' && event.silence === 'no-answer');

  const again = await startFakeAppliance(socket, { ...box.box, studies: studies.slice(0, 1) });
  t.after(() => again.stop());
  await events.until((event) => event.type === 'studies' && event.list.studies.length === 1);

  leaving.abort();
  await following;
});

const silent = fail(fault('tui/no-answer', 'Cannot reach it', 'Wait', 'later'));
const silentClient: Omit<Client, 'studies'> = {
  status: async () => silent,
  study: async () => silent,
  document: async () => silent,
  callers: async () => silent,
  decide: async () => silent,
  tryNow: async () => silent,
  address: async () => silent,
  prioritise: async () => silent,
  confirmWords: async () => silent,
};

test('after a failure the whole list is asked for again', async () => {
  const leaving = new AbortController();
  const asked: (number | undefined)[] = [];
  const client: Client = {
    ...silentClient,
    studies: async (after) => {
      asked.push(after);
      if (asked.length === 3) leaving.abort();
      return asked.length === 2 ? silent : ok({ revision: 7, studies: [], older: 0 });
    },
  };
  const follower = { dispatch: () => {}, nowMs: () => 0, finder: createFinder() };
  await follow(client, follower, leaving.signal, { statusMs: 1, studiesMs: 1 });
  assert.deepEqual(asked, [undefined, 7, undefined]);
});

test('a text to find ends the question that waits at the box, and goes with the next one', async () => {
  const leaving = new AbortController();
  const finder = createFinder();
  const asked: (string | undefined)[] = [];
  const client: Client = {
    ...silentClient,
    studies: async (after, signal, find) => {
      asked.push(find);
      if (after === undefined) return ok({ revision: 7, studies: [], older: 9 });
      if (asked.length > 2) leaving.abort();
      else finder.set('brav');
      if (!signal.aborted) await once(signal, 'abort');
      return silent;
    },
  };
  const pace = { statusMs: 1, studiesMs: 1 };
  const follower = { dispatch: () => {}, nowMs: () => 0, finder };
  await follow(client, follower, leaving.signal, pace);
  assert.deepEqual(asked, [undefined, undefined, 'brav', 'brav']);
});

test('a text that is typed in the pause between two questions does not wait for news of the box', async () => {
  const leaving = new AbortController();
  const finder = createFinder();
  const asked: (readonly [number | undefined, string | undefined])[] = [];
  const client: Client = {
    ...silentClient,
    studies: async (after, _signal, find) => {
      asked.push([after, find]);
      if (asked.length === 2) leaving.abort();
      return ok({ revision: 7, studies: [], older: 9 });
    },
  };
  const dispatch = ({ type }: Event): void => {
    if (type === 'studies') finder.set('brav');
  };
  // The text changes behind the answer, while the loop waits.
  const late = (event: Event): void => queueMicrotask(() => dispatch(event));
  const pace = { statusMs: 1, studiesMs: 1 };
  await follow(client, { dispatch: late, nowMs: () => 0, finder }, leaving.signal, pace);
  assert.deepEqual(asked, [
    [undefined, undefined],
    [undefined, 'brav'],
  ]);
});

test('answers come in the order of their questions, and only the newest wish is asked', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const load = newestOnly(async (wanted: string) => {
    asked.push(wanted);
    await new Promise<void>((resolve) => answers.push(resolve));
  });
  for (const wanted of ['a', 'b', 'c']) load(wanted);
  assert.deepEqual(asked, ['a']);
  answers.shift()?.();
  await new Promise(setImmediate);
  assert.deepEqual(asked, ['a', 'c']);
  answers.shift()?.();
  await new Promise(setImmediate);
  load('d');
  assert.deepEqual(asked, ['a', 'c', 'd']);
});

async function openFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-tui-'));
  const leaving = new AbortController();
  t.after(async () => {
    leaving.abort();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, signal: leaving.signal };
}

async function openBox(t: TestContext) {
  const { folder, signal } = await openFolder(t);
  const socket = join(folder, 'box.sock');
  const box = await startFakeAppliance(socket, {
    status: status(),
    studies,
    details: new Map(),
    documents: new Map([
      ['r-1', { type: 'application/pdf', bytes: new TextEncoder().encode('%PDF') }],
    ]),
  });
  t.after(() => box.stop());
  return { box, client: createClient(socket), socket, signal };
}

/** Events as they come; `until` takes them out up to the first that fits. */
function eventQueue() {
  const events: Event[] = [];
  let wake = (): void => {};
  return {
    push(event: Event): void {
      events.push(event);
      wake();
    },
    async until(isWanted: (event: Event) => boolean): Promise<void> {
      for (;;) {
        const event = events.shift();
        if (event && isWanted(event)) return;
        if (!event) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}

test('a study is addressed by a deed that the box takes, and the box says what left already', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-tui-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const socket = join(folder, 'box.sock');
  const done = { did: 'addressed', instances: 4, alreadyOut: 1 } as const;
  const box = await startFakeAppliance(socket, {
    ...{ status: status(), studies, details: new Map(), documents: new Map(), done },
  });
  t.after(() => box.stop());
  const { signal } = new AbortController();
  const client = createClient(socket);
  const uid = studies[0]?.studyInstanceUid ?? '';
  assert.deepEqual(await client.address(uid, '2222-2222-2222', 'Ada', signal), ok(done));
  const nameless = await client.address(uid, '2222-2222-2222', '', signal);
  assert.equal(nameless.ok, false);
});
