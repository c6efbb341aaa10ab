import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');
const count = 5_000;

test('after an outage 5,000 packs are of one mind with the relay in five round trips, and no byte is sent', async (t) => {
  const requests: string[] = [];
  const relay = await startRelay(center, {
    around(request, inner) {
      const path = new URL(request.url).pathname.replace(/[0-9a-f]{32,}/, ':id');
      requests.push(`${request.method} ${path}`);
      return inner(request);
    },
  });
  const side = await openAgentWorld(box, relay.peerOf(box), 10);
  t.after(async () => {
    await side.stop();
    await relay.close();
  });
  // What the relay has signed for, and the agent did not hear of before the outage.
  const packs = Array.from({ length: count }, (_, n) =>
    outsideOfPack(center.mailbox, 2_100, `pack ${n}`),
  );
  for (const pack of packs) {
    await relay.index.addPack({
      center: hex(center.root.publicKey),
      packId: idOf(pack),
      mailbox: center.mailbox,
      sizeBytes: pack.length,
      class: 2,
      receivedAtMs: 0,
      broughtBy: { handle: box.handle, day: '2026-01-15' },
    });
  }
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  await side.send(packs);
  side.start();
  await side.until(async () => (await side.clinical.custodyPacks()).length === count);
  const asked = requests.filter((line) => line === 'POST /v1/packs/status').length;
  assert.ok(asked >= 5 && asked <= 6, `${asked} questions`);
  assert.ok(!requests.some((line) => line.startsWith('PATCH')), requests.join('\n'));
});
