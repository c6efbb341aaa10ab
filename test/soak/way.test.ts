import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { openWay } from './way.ts';

/** A way to a server that sends back what it gets. */
async function wayToEcho(t: TestContext) {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const way = await openWay(port, (server.address() as AddressInfo).port);
  t.after(async () => {
    await way.close();
    server.close();
  });
  const call = (): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
    return socket;
  };
  return { way, call };
}

const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.once('close', resolve));

async function heard(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

test('a way carries both directions', async (t) => {
  const { call } = await wayToEcho(t);
  const socket = call();
  socket.write('one');
  assert.equal(await heard(socket), 'one');
});

test('a reset breaks what is open and refuses what comes, until the last cut ends', async (t) => {
  const { way, call } = await wayToEcho(t);
  const socket = call();
  socket.write('one');
  await heard(socket);
  const isClosed = closed(socket);
  way.cut('reset');
  way.cut('reset');
  await isClosed;
  way.restore('reset');
  await closed(call());
  way.restore('reset');
  const again = call();
  again.write('two');
  assert.equal(await heard(again), 'two');
});

test('a silent cut holds the bytes back and loses none', async (t) => {
  const { way, call } = await wayToEcho(t);
  const socket = call();
  socket.write('one');
  assert.equal(await heard(socket), 'one');
  way.cut('silent');
  let isHeard = false;
  socket.on('data', () => {
    isHeard = true;
  });
  socket.write('two');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(isHeard, false);
  const coming = heard(socket);
  way.restore('silent');
  assert.equal(await coming, 'two');
});
