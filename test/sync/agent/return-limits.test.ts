import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { freeGateRules, type GateRules } from '#sync/agent/gate.ts';
import { parseTimetable } from '#sync/agent/timetable.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');

const packTo = (seed: string, packClass: number, sizeBytes: number) => {
  const bytes = outsideOfPack(box.mailbox, sizeBytes, seed);
  bytes[10] = packClass;
  return bytes;
};

const speed = 20;

/** A center without limits, and a box whose link has `rules`. */
async function open(t: TestContext, rules: Partial<GateRules>) {
  const asked: number[] = [];
  const paths = new Set<string>();
  const relay = await startRelay(center, {
    around(request, inner) {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get('range') ?? '');
      if (range) paths.add(new URL(request.url).pathname);
      if (range) asked.push(Number(range[2]) - Number(range[1]) + 1);
      return inner(request);
    },
  });
  const sender = await openAgentWorld(center, relay.peerOf(center), speed);
  const own = { ...freeGateRules, ...rules };
  const receiver = await openAgentWorld(box, relay.peerOf(box), speed, own);
  await sender.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await sender.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await Promise.all([sender.stop(), receiver.stop()]);
    await relay.close();
  });
  sender.start();
  receiver.start();
  return { sender, receiver, asked, paths };
}

test('while the timetable says none, reports come and data waits at the relay until it is over', {
  timeout: 60_000,
}, async (t) => {
  let minuteOfDay = 7 * 60;
  const timetable = expectOk(parseTimetable('06:00 none 20:00 off'));
  const localTime = () => ({ date: '2026-11-29', minuteOfDay });
  const { sender, receiver, paths } = await open(t, { timetable, localTime });
  const [data, report] = [packTo('data', 2, 200_000), packTo('report', 1, 300_000)];
  await sender.send([data], 2);
  await sender.until(async () => (await sender.clinical.custodyPacks()).includes(idOf(data)));
  await sender.send([report], 1);
  const first = await receiver.receive(1);
  assert.deepEqual([...first.keys()], [idOf(report)], 'what was there before it still waits');
  assert.deepEqual([...paths], [`/v1/packs/${idOf(report)}`], 'and not a byte of it came');

  minuteOfDay = 21 * 60;
  const second = await receiver.receive(1);
  assert.deepEqual(second.get(idOf(data)), data);
});

test('under a cap data is asked for in short pieces, no faster than it says, and a report is not', {
  timeout: 60_000,
}, async (t) => {
  const capBytesPerS = 16 * 1024;
  const timetable = expectOk(parseTimetable('00:00 16k'));
  const { sender, receiver, asked } = await open(t, { timetable });
  const data = packTo('data', 2, 400_000);
  const fromMs = performance.now();
  await sender.send([data], 2);
  await receiver.receive(1);
  const tookS = ((performance.now() - fromMs) * speed) / 1_000;
  assert.ok(Math.max(...asked) <= 4 * capBytesPerS, asked.join());
  // A second's worth is free, and of the last piece nobody waits for the end.
  const leastS = (data.length - 5 * capBytesPerS) / capBytesPerS;
  assert.ok(tookS >= leastS, `${tookS} s by the hurried clock`);

  asked.length = 0;
  await sender.send([packTo('report', 1, 400_000)], 1);
  await receiver.receive(1);
  assert.ok(Math.max(...asked) > 4 * capBytesPerS, asked.join());
});
