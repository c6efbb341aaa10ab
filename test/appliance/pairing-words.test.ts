import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readBoxPeers } from '#sync/adapters/keys-file.ts';
import { requestPairing } from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { expectOk } from '#sync/core/result.ts';
import { createLiveBox } from '#test/support/live-box.ts';
import { until } from '#test/support/until.ts';
import { createClient } from '#tui/client.ts';

const ports = { clock: systemClock, random: systemRandom };

test('a supervisor confirms the words at the screen of a running box', {
  timeout: 120_000,
}, async (t) => {
  const box = await createLiveBox(t);
  const at = (name: string): string => join(box.dir, name);
  for (const name of ['center', 'center-agent', 'box-agent', 'stick']) await mkdir(at(name));
  const relay = { id: 'r', urls: ['https://127.0.0.1:9'], spki: new Uint8Array(32) };
  await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax: 1 },
      relays: [{ ...relay, receipt: new Uint8Array(32).fill(9) }],
      ...{ dataDir: at('center'), agentDataDir: at('center-agent'), rootDir: at('stick') },
    },
    systemRandom,
  );
  const input = { site: 'DEMO-01', kind: 'enrol', days: 30 } as const;
  const card = expectOk(await makeCard(at('center'), input, ports));
  const keyListText = await readFile(join(at('center'), 'keys', 'center.keys'), 'utf8');
  const request = expectOk(
    await requestPairing(
      { dataDir: box.dataDir, agentDataDir: at('box-agent') },
      { cardText: card.text, keyListText, site: 'DEMO-01', version: '0', outDir: at('stick') },
      ports,
    ),
  );
  const bytes = await readFile(request.file);
  const granted = expectOk(await grantRequest(at('center'), bytes, undefined, at('stick'), ports));
  const read = granted.ticket.box?.words ?? [];

  await box.start();
  const client = createClient(box.socket);
  const { signal } = new AbortController();
  const waitingNow = async () => expectOk(await client.status(signal)).pairing.waiting;
  await until('the words wait', 60_000, waitingNow);
  const [waiting] = (await waitingNow()) ?? [];
  assert.equal(waiting?.center, 'DEMO CENTER');
  assert.deepEqual(waiting?.words, read.slice(4), 'what the box reads out, the center has');
  const isAlarm = async () =>
    expectOk(await client.status(signal)).alerts.some(({ code }) => code === 'WORDS-WAIT');
  await until('the alarm stands', 60_000, isAlarm);

  const wrong = expectOk(await client.confirmWords('zoo zoo zoo zoo', signal));
  assert.equal(wrong.isRight, false);
  assert.match(wrong.text, /attempt 1 of 3/);
  const right = expectOk(await client.confirmWords(read.slice(0, 4).join(' '), signal));
  assert.equal(right.isRight, true);
  assert.equal((await readBoxPeers(box.dataDir))[0]?.state, 'confirmed');
  await until('nothing waits', 60_000, async () => (await waitingNow()) === undefined);
  const none = await client.confirmWords('zoo zoo zoo zoo', signal);
  assert.equal(!none.ok && none.fault.kind, 'tui/refused');
});
