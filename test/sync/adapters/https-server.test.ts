import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { type Fetch, listenHttps, type ServerLimits } from '#sync/adapters/https-server.ts';

const quick: Partial<ServerLimits> = {
  ...{ headersTimeoutMs: 300, handshakeTimeoutMs: 300, lookEveryMs: 50 },
};

async function serve(
  t: TestContext,
  limits: Partial<ServerLimits>,
  answer: Fetch = () => new Response('fine'),
): Promise<number> {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  const server = await listenHttps(answer, {
    ...{ host: '127.0.0.1', port: 0, limits },
    ...{ certificatePem: tls.certificatePem, keyPem: tls.keyPem },
  });
  t.after(() => server.close());
  return server.port;
}

async function secure(t: TestContext, port: number): Promise<TLSSocket> {
  const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** All that comes until the peer ends the connection. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (bytes) => {
    text += String(bytes);
  });
  socket.on('error', () => undefined);
  if (!socket.closed) await once(socket, 'close');
  return text;
}

const ask = 'GET /v1/time HTTP/1.1\r\nhost: x\r\n';

test('a head that comes byte by byte is cut off, and others are answered meanwhile', async (t) => {
  const port = await serve(t, quick);
  const slow = await secure(t, port);
  slow.write(ask);
  const dripping = setInterval(() => slow.write('x-slow: 1\r\n'), 20);
  t.after(() => clearInterval(dripping));
  const quickOne = await secure(t, port);
  quickOne.write(`${ask}connection: close\r\n\r\n`);
  assert.match(await untilClosed(quickOne), /200 OK/);
  const text = await untilClosed(slow);
  assert.ok(!text.includes('200 OK'));
});

test('a connection that never speaks TLS, or no HTTP after it, is cut off', async (t) => {
  const port = await serve(t, quick);
  const mute = connect({ host: '127.0.0.1', port });
  t.after(() => mute.destroy());
  assert.equal(await untilClosed(mute), '');
  const silent = await secure(t, port);
  assert.ok(!(await untilClosed(silent)).includes('200 OK'));
});

test('headers that are huge, or a thousand, are refused before the app hears of them', async (t) => {
  let asked = 0;
  const port = await serve(t, {}, () => {
    asked++;
    return new Response('fine');
  });
  const huge = await secure(t, port);
  huge.write(`${ask}x-huge: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.ok(!(await untilClosed(huge)).includes('200 OK'));
  const many = await secure(t, port);
  many.write(`${ask}${'x: y\r\n'.repeat(5_000)}\r\n`);
  assert.ok(!(await untilClosed(many)).includes('200 OK'));
  assert.equal(asked, 0);
});

test('an address has so many connections, and gets a place back when one ends', async (t) => {
  const port = await serve(t, { connectionsPerAddress: 2 });
  const first = await secure(t, port);
  await secure(t, port);
  const third = connect({ host: '127.0.0.1', port });
  t.after(() => third.destroy());
  assert.equal(await untilClosed(third), '');
  first.end();
  await once(first, 'close');
  const answer = async (): Promise<string> => {
    const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write(`${ask}connection: close\r\n\r\n`);
    return untilClosed(socket);
  };
  // The server hears of the end a moment after the client.
  while (!(await answer()).includes('200 OK'));
});

test('the app is told the address of the peer', async (t) => {
  const port = await serve(t, {}, (_request, { address }) => new Response(`from ${address}`));
  const socket = await secure(t, port);
  socket.write(`${ask}connection: close\r\n\r\n`);
  assert.match(await untilClosed(socket), /from 127\.0\.0\.1/);
});

test('what is not plain HTTP is refused: two lengths, a length that lies, smuggled requests', async (t) => {
  const seen: string[] = [];
  const port = await serve(t, quick, async (request) => {
    seen.push(`${request.method} ${new URL(request.url).pathname}`);
    await request.arrayBuffer().catch(() => undefined);
    return new Response('fine');
  });
  for (const head of [
    'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ncontent-length: 40\r\n\r\nbody',
    'POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /c HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    'GET /d HTTP/1.1\r\n\r\n',
  ]) {
    const socket = await secure(t, port);
    socket.write(head);
    assert.ok(!(await untilClosed(socket)).includes('200 OK'), head);
  }
  assert.ok(!seen.some((line) => line.includes('smuggled')), seen.join(', '));
});
