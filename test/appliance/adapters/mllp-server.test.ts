import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createMllpServer } from '#appliance/adapters/mllp-server.ts';
import type { OrderDesk } from '#appliance/orders/desk.ts';
import { mllpFrame } from '#appliance/orders/mllp.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const order = utf8(
  'MSH|^~\\&|HIS|D|O|C|1||ORM^O01|M-1|P|2.3\rPID|1||DEMO-1||TEST^ALPHA\rORC|NW|P-1\rOBR|1|P-1||CT^CT||||||||||||||||||||CT\r',
);

async function openServer(t: TestContext, place: OrderDesk['place']) {
  const config = { host: '127.0.0.1', port: 0, senders: ['127.0.0.1'], assumedCharacterSet: '' };
  const desk = { place, cancelNumber: async () => ok(undefined) };
  const ports = { desk, clock: createVirtualClock(), log: silentLog };
  const server = createMllpServer(config, ports, { messageMs: 300 });
  t.after(() => server.close());
  const { port } = await server.listen();
  /** What came back until the connection ended. */
  return (...pieces: readonly Uint8Array[]): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      let text = '';
      for (const piece of pieces) socket.write(piece);
      socket.setEncoding('latin1').on('data', (more: string) => {
        text += more;
        if (text.endsWith('\u001c\r')) socket.end();
      });
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(text));
    });
}

test('accept is said behind the desk, and what the desk says decides the code', async (t) => {
  const done: string[] = [];
  const outcomes = [
    ok({ orders: [] }),
    fail(fault('store/full', 'No room', 'Wait', 'later')),
    fail(fault('orders/reserved-id', 'Reserved', 'Another', 'never')),
  ] as const;
  const talk = await openServer(t, async () => {
    done.push('placed');
    return outcomes[done.length - 1] ?? ok({ orders: [] });
  });
  assert.match(await talk(mllpFrame(order)), /MSA\|AA\|M-1\|\r/);
  assert.match(await talk(mllpFrame(order)), /MSA\|AE\|M-1\|No room\r/);
  assert.match(await talk(mllpFrame(order)), /MSA\|AR\|M-1\|Reserved\r/);
  assert.equal(done.length, 3);
});

test('a desk that breaks is "try again", and the next message is served', async (t) => {
  const talk = await openServer(t, async () => {
    throw new Error('a bug');
  });
  for (let times = 0; times < 2; times++)
    assert.match(await talk(mllpFrame(order)), /MSA\|AE\|M-1\|/);
});

test('noise ends the connection, and a message that never ends does in its time', async (t) => {
  const talk = await openServer(t, async () => ok({ orders: [] }));
  assert.equal(await talk(utf8('GET / HTTP/1.1\r\n\r\n')), '');
  assert.equal(await talk(Uint8Array.of(0x0b), order), '');
  assert.equal(await talk(Uint8Array.of(0x0b), new Uint8Array(300 * 1024).fill(0x41)), '');
  assert.match(await talk(mllpFrame(utf8('no HL7'))), /MSA\|AR\|\|.*MSH/);
});
