import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { createLanes } from '#sync/adapters/http-lanes.ts';
import { base64url } from '#sync/core/bytes.ts';
import { never, openPinnedLink, plainGet } from '#test/support/pinned-link.ts';

test('a server survives peers that speak no TLS or leave in the middle', async (t) => {
  const { link, server } = await openPinnedLink(t, () => new Response('fine'));
  for (const data of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff', '']) {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end(data));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
    });
  }
  assert.ok((await link.request(plainGet)).ok);
});

test('an opened connection takes the next request, and a reset ends only what is under way', async (t) => {
  let onHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    onHeld = resolve;
  });
  const { link } = await openPinnedLink(t, (request) => {
    if (request.method === 'GET') return new Response('fine');
    onHeld();
    return new Promise(() => undefined);
  });
  let isReached = false;
  const opened = await link.open(20_000, () => (isReached = true), never);
  assert.ok(opened.ok && isReached);
  assert.ok((await link.request({ ...plainGet, use: 'bulk' })).ok);
  const stuck = link.request({ ...plainGet, method: 'POST', use: 'bulk' });
  await held;
  link.reset();
  const ended = await stuck;
  assert.equal(!ended.ok && ended.fault.kind, 'link/reset');
  assert.ok((await link.request(plainGet)).ok);
});

test('what stands is told from what is fresh, and is reset as a whole', async (t) => {
  const { link, endpoint } = await openPinnedLink(t, () => new Response('fine'));
  const none = await link.request({ ...plainGet, use: 'kept' });
  assert.equal(!none.ok && none.fault.kind, 'link/closed');
  assert.ok((await link.request({ ...plainGet, use: 'fresh' })).ok);
  assert.ok((await link.request({ ...plainGet, use: 'kept' })).ok, 'it rests');
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
  const given = await link.request({ ...plainGet, method: 'PUT', body, signal: stop.signal });
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
    const answer = await link.request({ ...plainGet, method: 'PUT', body });
    link.close();
    return !answer.ok && answer.fault.kind;
  };
  assert.equal(await kindAt(`https://127.0.0.1:${port}`), 'link/not-tls');
  assert.doesNotMatch(heard, /HTTP\/1\.1/);
  assert.equal(await kindAt('https://relay.invalid'), 'link/no-name');
});

test('the connection that worked last works next, and the last two are left to small requests', async (t) => {
  const { endpoint } = await openPinnedLink(t, () => new Response('fine'));
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
  const { link } = await openPinnedLink(t, () => new Response('fine'));
  assert.ok((await link.request(plainGet)).ok);
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
  const sent = await unheard.request({ ...plainGet, ...limits, method: 'PUT', body, pace });
  assert.equal(!sent.ok && sent.fault.kind, 'link/timeout');
  assert.equal(paced, 0);
});
