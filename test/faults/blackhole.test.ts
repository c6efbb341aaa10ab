import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { utf8 } from '#sync/core/bytes.ts';
import { openAgentWorld } from '../support/agent-world.ts';
import { idOf, outsideOfPack } from '../support/pack-bytes.ts';
import { startRelay } from '../support/relay-server.ts';
import { testCenter, testParty } from '../support/relay-world.ts';
import { openBlackholeProxy } from './blackhole-proxy.ts';

const center = testCenter('center one');
const box = testParty('box one');

/** A box whose way to the relay goes by way of the proxy, with one pack sent, so that its connections stand. */
async function open(t: TestContext) {
  const relay = await startRelay(center);
  const proxy = await openBlackholeProxy(relay.port);
  const own = await openAgentWorld(center, relay.peerOf(center));
  await own.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await own.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  const side = await openAgentWorld(box, relay.peerOf(box, proxy.port), 1);
  own.start();
  side.start();
  t.after(async () => {
    await Promise.all([own.stop(), side.stop()]);
    await proxy.close();
    await relay.close();
  });
  const send = async (seed: string): Promise<void> => {
    const pack = outsideOfPack(center.mailbox, 300_000, seed);
    await side.send([pack]);
    await side.until(async () => (await side.clinical.custodyPacks()).includes(idOf(pack)));
  };
  await send('before');
  return { proxy, send, clock: side.clock };
}

/** Requests are given up at their deadline after ten seconds at the soonest; on a clock that stands while the machine does. */
const deadlineMs = 10_000;

test('when the way forgets its connections and lets fresh ones through, all of them are given up and a pack goes on', async (t) => {
  const { proxy, send, clock } = await open(t);
  while (proxy.standing() <= 10) await clock.wait(50, t.signal);
  const standing = proxy.forget();
  const fromMs = clock.monotonicMs();
  await send('after');
  const tookMs = clock.monotonicMs() - fromMs;
  t.diagnostic(`in custody after ${Math.round(tookMs)} ms`);
  assert.ok(proxy.swallowedBytes() > 0);
  while (proxy.givenUp() < standing) await clock.wait(50, t.signal);
  assert.ok(tookMs < deadlineMs, `${tookMs} ms`);
});

test('when the way swallows everything for a while, a pack goes on soon after it is back', async (t) => {
  const { proxy, send, clock } = await open(t);
  proxy.setDark(true);
  const sent = send('in the dark');
  while (proxy.swallowedBytes() === 0) await clock.wait(50, t.signal);
  await clock.wait(5_000, t.signal);
  proxy.setDark(false);
  const fromMs = clock.monotonicMs();
  await sent;
  const tookMs = clock.monotonicMs() - fromMs;
  t.diagnostic(`in custody ${Math.round(tookMs)} ms after the way was back`);
  assert.ok(tookMs < deadlineMs, `${tookMs} ms`);
});
