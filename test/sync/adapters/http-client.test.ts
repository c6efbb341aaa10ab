import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPinnedLink, plainGet } from '#test/support/pinned-link.ts';

test('requests share kept connections, and bodies of megabytes pass whole', async (t) => {
  const { link } = await openPinnedLink(t, async (request) => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return new Response(String(bytes.length), { headers: { 'x-seen': 'yes' } });
  });
  for (const length of [0, 1, 2_000_000]) {
    const body = new Uint8Array(length);
    const answer = await link.request({ ...plainGet, method: 'PUT', body });
    assert.ok(answer.ok);
    assert.equal(new TextDecoder().decode(answer.value.body), String(length));
    assert.equal(answer.value.header('x-seen'), 'yes');
  }
});

test('a relay that answers nothing ends in a time-out', async (t) => {
  let release = (): void => undefined;
  const { link } = await openPinnedLink(
    t,
    () => new Promise((resolve) => (release = () => resolve(new Response('late')))),
  );
  const answer = await link.request({ ...plainGet, deadlineMs: 300 });
  assert.equal(!answer.ok && answer.fault.kind, 'link/timeout');
  release();
});

test('a request that is given up ends at once, and the link goes on', async (t) => {
  const stop = new AbortController();
  const { link } = await openPinnedLink(t, (request) => {
    if (request.method === 'GET') return new Response('fine');
    stop.abort();
    return new Promise(() => undefined);
  });
  const given = await link.request({ ...plainGet, method: 'POST', signal: stop.signal });
  assert.equal(!given.ok && given.fault.kind, 'link/closed');
  assert.ok((await link.request(plainGet)).ok);
  const already = await link.request({ ...plainGet, signal: stop.signal });
  assert.equal(!already.ok && already.fault.kind, 'link/closed');
});

test('an answer longer than allowed is cut', async (t) => {
  const { link } = await openPinnedLink(t, () => new Response('x'.repeat(1_001)));
  const answer = await link.request(plainGet);
  assert.equal(!answer.ok && answer.fault.kind, 'link/not-http');
});

test('a closed link and a port that nobody listens on are faults, not exceptions', async (t) => {
  const { link, server } = await openPinnedLink(t, () => new Response('fine'));
  assert.ok((await link.request(plainGet)).ok);
  await server.close();
  const down = await link.request(plainGet);
  assert.equal(!down.ok && down.fault.kind, 'link/down');
  link.close();
  const closed = await link.request(plainGet);
  assert.equal(!closed.ok && closed.fault.kind, 'link/closed');
});

test('bytes are taken as they come, and those from before a cut count', async (t) => {
  let cut = (): void => undefined;
  const { link } = await openPinnedLink(t, () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('came through'));
        cut = () => controller.error(new Error('cut'));
      },
    });
    return new Response(body, { status: 206, headers: { 'x-seen': 'yes' } });
  });
  let text = '';
  const answer = await link.request({
    ...plainGet,
    stream(head) {
      assert.deepEqual([head.status, head.header('x-seen')], [206, 'yes']);
      return (bytes) => {
        text += new TextDecoder().decode(bytes);
        cut();
      };
    },
  });
  assert.equal(text, 'came through');
  assert.equal(!answer.ok && answer.fault.kind, 'link/down');
});

test('a stream that goes silent is given up, and one that speaks is not', async (t) => {
  const { link } = await openPinnedLink(t, (request) => {
    const speaks = new URL(request.url).pathname === '/speaks';
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (speaks) await new Promise((resolve) => setTimeout(resolve, 100));
        else if (count > 0) return new Promise(() => undefined);
        if (count++ === 8) return controller.close();
        return controller.enqueue(new Uint8Array(1));
      },
    });
    return new Response(body);
  });
  let seen = 0;
  const stream = () => (bytes: Uint8Array) => {
    seen += bytes.length;
  };
  const speaks = await link.request({ ...plainGet, path: '/speaks', stream, silenceMs: 30_000 });
  assert.ok(speaks.ok && speaks.value.body.length === 0);
  assert.equal(seen, 8);
  const silent = await link.request({ ...plainGet, path: '/silent', stream, silenceMs: 1_000 });
  assert.equal(!silent.ok && silent.fault.kind, 'link/timeout');
  assert.equal(seen, 9);
});

test('the body of a refusal is no stream', async (t) => {
  const { link } = await openPinnedLink(t, () => new Response('no', { status: 404 }));
  const answer = await link.request({ ...plainGet, stream: () => () => assert.fail('streamed') });
  assert.ok(answer.ok);
  assert.equal(new TextDecoder().decode(answer.value.body), 'no');
});

test('a body leaves in the slices that its pace allows', async (t) => {
  const { link } = await openPinnedLink(
    t,
    async (request) => new Response(await request.arrayBuffer()),
  );
  const body = Uint8Array.from({ length: 1_000 }, (_, n) => n % 251);
  const asked: number[] = [];
  const pace = async (wantedBytes: number): Promise<number> => {
    asked.push(wantedBytes);
    return Math.min(wantedBytes, 400);
  };
  const answer = await link.request({ ...plainGet, method: 'PUT', body, pace });
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.body, body);
  assert.deepEqual(asked, [1_000, 600, 200]);
});
