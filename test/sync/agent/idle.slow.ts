import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { createHurriedClock } from '#test/support/clock-hurried.ts';
import { openCuttingProxy } from '#test/support/cutting-proxy.ts';
import { startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty } from '#test/support/relay-world.ts';

const speed = 150;
const center = testCenter('center one');
const box = testParty('box one');
const never = new AbortController().signal;

/** Headers of IP and TCP with time stamps, of a segment and of its acknowledgement, for each read of a record. */
const perPieceBytes = 2 * 52;

test('an idle box costs less than 2 MB a day on its link', async (t: TestContext) => {
  const hurried = createHurriedClock(speed);
  // A relay reckons in whole milliseconds.
  const clock = { ...hurried, nowMs: () => Math.floor(hurried.nowMs()) };
  const relay = await startRelay(center, { clock });
  const far = Number.MAX_SAFE_INTEGER;
  const way = await openCuttingProxy(relay.port, systemRandom, { minBytes: far, maxBytes: far });
  const side = await openAgentWorld(box, relay.peerOf(box, way.port), speed);
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await side.stop();
    await way.close();
    await relay.close();
  });
  const costBytes = (): number => way.bytes() + way.pieces() * perPieceBytes;
  side.start();
  await side.until(async () => (await side.clinical.agentState())?.link === 'up');
  // Connections stay warm for ten minutes after the start, and the relay then lets them go.
  await clock.wait(13 * 60_000, never);
  const startBytes = costBytes();
  const fromMs = clock.monotonicMs();
  // Long enough for the end of a session, and of the stream that lives as long.
  await clock.wait(65 * 60_000, never);
  const idleMs = clock.monotonicMs() - fromMs;
  const idleBytes = costBytes() - startBytes;
  const dayBytes = (idleBytes * 24 * 3_600_000) / idleMs;
  t.diagnostic(
    `${Math.round(dayBytes / 1_000)} kB a day at rest, ${Math.round(startBytes / 1_000)} kB for a start`,
  );
  assert.ok(idleBytes > 0, 'the stream says something');
  assert.ok(dayBytes < 2_000_000, `${Math.round(dayBytes)} bytes a day`);
});
