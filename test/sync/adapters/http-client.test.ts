import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { createLanes } from '#sync/adapters/http-lanes.ts';
import { listenHttps } from '#sync/adapters/https-server.ts';
import type { LinkRequest } from '#sync/agent/ports.ts';
import { base64url } from '#sync/core/bytes.ts';

const never = new AbortController().signal;
const get: LinkRequest = {
  ...{ method: 'GET', path: '/x', signal: never },
  ...{ deadlineMs: 20_000, answerSizeBytes: 1_000 },
};

/** A server with TLS on loopback and a link that pins it. */
async function open(
  t: TestContext,
  answer: (request: Request) => Response | Promise<Response>,
  port = 0,
) {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  const server = await listenHttps(answer, {
    ...{ host: '127.0.0.1', port },
    ...{ certificatePem: tls.certificatePem, keyPem: tls.keyPem },
  });
  const url = `https://127.0.0.1:${server.port}`;
  const endpoint = { id: 'relay-1', url, spki: base64url(tls.spkiSha256) };
  const link = connectPinned(endpoint);
  t.after(async () => {
    link.close();
    await server.close();
  });
  return { link, server, endpoint };
}

test('requests share kept connections, and bodies of megabytes pass whole', async (t) => {
  const { link } = await open(t, async (request) => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return new Response(String(bytes.length), { headers: { 'x-seen': 'yes' } });
  });
  for (const length of [0, 1, 2_000_000]) {
    const body = new Uint8Array(length);
    const answer = await link.request({ ...get, method: 'PUT', body });
    assert.ok(answer.ok);
    assert.equal(new TextDecoder().decode(answer.value.body), String(length));
    assert.equal(answer.value.header('x-seen'), 'yes');
  }
});

test('a relay that answers nothing ends in a time-out', async (t) => {
  let release = (): void => undefined;
  const { link } = await open(
    t,
    () => new Promise((resolve) => (release = () => resolve(new Response('late')))),
  );
  const answer = await link.request({ ...get, deadlineMs: 300 });
  assert.equal(!answer.ok && answer.fault.kind, 'link/timeout');
  release();
});

test('a request that is given up ends at once, and the link goes on', async (t) => {
  const stop = new AbortController();
  const { link } = await open(t, (request) => {
    if (request.method === 'GET') return new Response('fine');
    stop.abort();
    return new Promise(() => undefined);
  });
  const given = await link.request({ ...get, method: 'POST', signal: stop.signal });
  assert.equal(!given.ok && given.fault.kind, 'link/closed');
  assert.ok((await link.request(get)).ok);
  const already = await link.request({ ...get, signal: stop.signal });
  assert.equal(!already.ok && already.fault.kind, 'link/closed');
});

test('an answer longer than allowed is cut', async (t) => {
  const { link } = await open(t, () => new Response('x'.repeat(1_001)));
  const answer = await link.request(get);
  assert.equal(!answer.ok && answer.fault.kind, 'link/not-http');
});

test('a closed link and a port that nobody listens on are faults, not exceptions', async (t) => {
  const { link, server } = await open(t, () => new Response('fine'));
  assert.ok((await link.request(get)).ok);
  await server.close();
  const down = await link.request(get);
  assert.equal(!down.ok && down.fault.kind, 'link/down');
  link.close();
  const closed = await link.request(get);
  assert.equal(!closed.ok && closed.fault.kind, 'link/closed');
});

test('a server survives peers that speak no TLS or leave in the middle', async (t) => {
  const { link, server } = await open(t, () => new Response('fine'));
  for (const data of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff', '']) {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end(data));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
    });
  }
  assert.ok((await link.request(get)).ok);
});

test('bytes are taken as they come, and those from before a cut count', async (t) => {
  let cut = (): void => undefined;
  const { link } = await open(t, () => {
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
    ...get,
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
  const { link } = await open(t, (request) => {
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
  const speaks = await link.request({ ...get, path: '/speaks', stream, silenceMs: 30_000 });
  assert.ok(speaks.ok && speaks.value.body.length === 0);
  assert.equal(seen, 8);
  const silent = await link.request({ ...get, path: '/silent', stream, silenceMs: 1_000 });
  assert.equal(!silent.ok && silent.fault.kind, 'link/timeout');
  assert.equal(seen, 9);
});

test('the body of a refusal is no stream', async (t) => {
  const { link } = await open(t, () => new Response('no', { status: 404 }));
  const answer = await link.request({ ...get, stream: () => () => assert.fail('streamed') });
  assert.ok(answer.ok);
  assert.equal(new TextDecoder().decode(answer.value.body), 'no');
});

test('an opened connection takes the next request, and a reset ends only what is under way', async (t) => {
  let onHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  const { link } = await open(t, (request) => {
    if (request.method === 'GET') return new Response('fine');
    onHeld();
    return new Promise(() => undefined);
  });
  let isReached = false;
  const opened = await link.open(20_000, () => (isReached = true), never);
  assert.ok(opened.ok && isReached);
  assert.ok((await link.request({ ...get, use: 'bulk' })).ok);
  const stuck = link.request({ ...get, method: 'POST', use: 'bulk' });
  await held;
  link.reset();
  const ended = await stuck;
  assert.equal(!ended.ok && ended.fault.kind, 'link/reset');
  assert.ok((await link.request(get)).ok);
});

test('what stands is told from what is fresh, and is reset as a whole', async (t) => {
  const { link, endpoint } = await open(t, () => new Response('fine'));
  const none = await link.request({ ...get, use: 'kept' });
  assert.equal(!none.ok && none.fault.kind, 'link/closed');
  assert.ok((await link.request({ ...get, use: 'fresh' })).ok);
  assert.ok((await link.request({ ...get, use: 'kept' })).ok, 'it rests');
  const lanes = createLanes(endpoint);
  const [held, resting, later] = await Promise.all(
    [0, 1, 2].map(async () => {
      await lanes.open(() => undefined, never);
      return lanes.takeKept() ?? assert.fail('none rests');
    }),
  );
  if (!held || !resting || !later) return assert.fail('three were opened');
  lanes.giveBack(resting);
  later.reset();
  const reset = lanes.standing();
  const fresh = lanes.take('fresh');
  reset();
  assert.deepEqual(
    [held, resting, fresh].map((lane) => lane.wasReset()),
    [true, true, false],
  );
  assert.equal(lanes.takeKept(), undefined, 'what was reset does not rest any more');
  lanes.resetAll();
});

test('connections that nobody uses do not add up, however often the way was sought', async (t) => {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  const server = createTlsServer({ cert: tls.certificatePem, key: tls.keyPem });
  let ended = 0;
  const sixEnded = new Promise<void>((resolve) => {
    server.on('connection', (socket) =>
      socket.on('error', () => undefined).on('close', () => ++ended === 6 && resolve()),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const spki = base64url(tls.spkiSha256);
  const link = connectPinned({ id: 'relay-1', url: `https://127.0.0.1:${port}`, spki });
  t.after(() => {
    link.close();
    server.close();
  });
  for (let n = 0; n < 30; n++) assert.ok((await link.open(20_000, () => undefined, never)).ok);
  await sixEnded;
});

test('a body leaves in the slices that its pace allows', async (t) => {
  const { link } = await open(t, async (request) => new Response(await request.arrayBuffer()));
  const body = Uint8Array.from({ length: 1_000 }, (_, n) => n % 251);
  const asked: number[] = [];
  const pace = async (wantedBytes: number): Promise<number> => {
    asked.push(wantedBytes);
    return Math.min(wantedBytes, 400);
  };
  const answer = await link.request({ ...get, method: 'PUT', body, pace });
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.body, body);
  assert.deepEqual(asked, [1_000, 600, 200]);
});

test('a given up upload is reset under TLS: the relay sees a RST and not the rest of it', async (t) => {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  let receivedBytes = 0;
  let onCut = (_code: string): void => undefined;
  const cut = new Promise<string>((resolve) => {
    onCut = resolve;
  });
  const server = createTlsServer({ cert: tls.certificatePem, key: tls.keyPem }, (socket) => {
    socket.on('error', (cause: Error & { code?: string }) => onCut(cause.code ?? ''));
    socket.once('data', (data) => {
      receivedBytes += data.length;
      // Nothing more is read: what follows stays in the kernels of both ends.
      socket.pause();
      stop.abort();
      setImmediate(() => socket.resume());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const link = connectPinned({ id: 'relay-1', url, spki: base64url(tls.spkiSha256) });
  t.after(() => {
    link.close();
    server.close();
  });
  const stop = new AbortController();
  const body = new Uint8Array(64 * 1024 * 1024);
  const given = await link.request({ ...get, method: 'PUT', body, signal: stop.signal });
  assert.equal(!given.ok && given.fault.kind, 'link/closed');
  assert.equal(await cut, 'ECONNRESET');
  assert.ok(receivedBytes < body.length / 2, `${receivedBytes} bytes`);
});

test('a log-in page, a wrong name and a stranger are named, and get no byte of HTTP', async (t) => {
  let heard = '';
  const page = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      socket.end('HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  t.after(() => page.close());
  const { port } = page.address() as AddressInfo;
  const kindAt = async (url: string): Promise<string | false> => {
    const link = connectPinned({ id: 'relay-1', url, spki: 'A'.repeat(43) });
    const body = new Uint8Array(10);
    const answer = await link.request({ ...get, method: 'PUT', body });
    link.close();
    return !answer.ok && answer.fault.kind;
  };
  assert.equal(await kindAt(`https://127.0.0.1:${port}`), 'link/not-tls');
  assert.doesNotMatch(heard, /HTTP\/1\.1/);
  assert.equal(await kindAt('https://relay.invalid'), 'link/no-name');
});

test('the connection that worked last works next, and the last two are left to small requests', async (t) => {
  const { endpoint } = await open(t, () => new Response('fine'));
  const lanes = createLanes(endpoint);
  t.after(() => lanes.resetAll());
  for (let n = 0; n < 4; n++) await lanes.open(() => undefined, never);
  const [first, second] = [lanes.take('bulk'), lanes.take('bulk')];
  assert.ok(first.isOpen() && second.isOpen());
  assert.ok(!lanes.take('bulk').isOpen(), 'a new one, rather than those for small requests');
  assert.ok(lanes.take('small').isOpen());
  lanes.giveBack(second);
  lanes.giveBack(first);
  assert.equal(lanes.take('bulk'), first);
});

test('a connection at rest is not asked by TCP whether it is there, and what waits for a handshake uses no pace', async (t) => {
  const asked: number[] = [];
  const { setKeepAlive } = Socket.prototype;
  t.after(() => Object.assign(Socket.prototype, { setKeepAlive }));
  Object.assign(Socket.prototype, {
    setKeepAlive(isOn: boolean, delayMs: number) {
      if (isOn) asked.push(delayMs);
      return this;
    },
  });
  const { link } = await open(t, () => new Response('fine'));
  assert.ok((await link.request(get)).ok);
  assert.ok(asked.length > 0 && asked.every((ms) => ms >= 3_600_000), `${asked}`);

  const stop = new AbortController();
  const mute = createTcpServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const unheard = connectPinned({ id: 'relay-2', url: `https://127.0.0.1:${port}`, spki: '' });
  t.after(() => {
    unheard.close();
    mute.close();
  });
  let paced = 0;
  const body = new Uint8Array(1_000);
  const pace = async (bytes: number): Promise<number> => {
    paced++;
    return bytes;
  };
  const limits = { deadlineMs: 300, signal: stop.signal };
  const sent = await unheard.request({ ...get, ...limits, method: 'PUT', body, pace });
  assert.equal(!sent.ok && sent.fault.kind, 'link/timeout');
  assert.equal(paced, 0);
});
