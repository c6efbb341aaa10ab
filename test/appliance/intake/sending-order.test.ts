import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSendingOrder } from '#appliance/intake/sending-order.ts';
import type { OpenPack } from '#appliance/ports-waiting.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import type { SendingClass } from '#sync/wire/order.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const packOf = (digit: string, sendingClass: SendingClass = 2) =>
  ({
    packId: digit.repeat(64),
    class: sendingClass,
    isLetter: false,
    waitingSinceMs: 0,
    group: '0'.repeat(32),
    sizeBytes: 1,
  }) as OpenPack;

/** A catalog and a spool on which a write of the order takes `writeMs`. */
function world(writeMs = 0) {
  const clock = createVirtualClock();
  const open: OpenPack[] = [];
  const unwanted: string[] = [];
  const written: string[] = [];
  const wakes: number[] = [];
  let breach: string | undefined;
  let writing = 0;
  const order = createSendingOrder({
    catalog: { openPacks: async () => [...open], unwantedPacks: async () => unwanted },
    spool: {
      writeOrder: async ({ packs, wake }) => {
        wakes.push(wake);
        assert.equal(++writing, 1, 'one write at a time');
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(writeMs);
        written.push(packs.map(({ packId }) => packId.slice(0, 1)).join(''));
        writing -= 1;
        return ok(undefined);
      },
    },
    clock,
    log: silentLog,
    zoneBreach: () => breach,
  });
  const keep = (pack: OpenPack) => {
    open.push(pack);
    return order.kept(pack.class);
  };
  return {
    clock,
    order,
    open,
    unwanted,
    written,
    wakes,
    keep,
    breach: (is: string) => (breach = is),
  };
}

test('a pack is told as soon as it is kept, and nothing is written twice', async () => {
  const { order, written, keep } = world();
  await keep(packOf('a'));
  await keep(packOf('b'));
  await order.write();
  assert.deepEqual(written, ['a', 'ab']);
});

test('packs that come while the order is dear to write are told together, STAT and receipts at once', async () => {
  const { clock, order, written, keep } = world(50);
  await keep(packOf('a'));
  await keep(packOf('b'));
  assert.deepEqual(written, ['a'], 'an order of thousands is not written for each pack');
  await keep(packOf('c', 1));
  await keep(packOf('d', 0));
  assert.deepEqual(written, ['a', 'cab', 'dcab']);
  await keep(packOf('e'));
  clock.advance(500);
  await keep(packOf('f'));
  assert.deepEqual(written.slice(3), ['dcabef']);
  await keep(packOf('1'));
  await order.write();
  assert.deepEqual(written.slice(4), ['dcabef1'], 'the end of a turn tells all');
});

test('packs kept at the same time end in an order that names both', async () => {
  const { written, keep } = world();
  await Promise.all([keep(packOf('a')), keep(packOf('b'))]);
  assert.equal(written.at(-1), 'ab');
});

test('what a person rejected meanwhile is not named, and nothing is with a way out of the zone', async () => {
  const { unwanted, order, written, keep, breach } = world();
  unwanted.push(packOf('b').packId);
  await keep(packOf('a'));
  await keep(packOf('b'));
  assert.deepEqual(written, ['a']);
  breach('a name was resolved');
  await order.write();
  assert.deepEqual(written, ['a', '']);
});

test('a person who asks to try now is told to the agent each time, though no pack changed', async () => {
  const { order, wakes, keep } = world();
  await keep(packOf('a'));
  await order.tryNow();
  await order.tryNow();
  await order.write();
  assert.deepEqual(wakes, [0, 1, 2]);
});
