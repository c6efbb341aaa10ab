import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { createRelayClient, type RelayClient } from '#sync/agent/client.ts';
import { fromBase64url, hex, utf8 } from '#sync/core/bytes.ts';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { expectOk } from '#sync/core/result.ts';
import { startOutpost } from '../demo/program.ts';
import { freePort } from '../support/free-port.ts';
import { idOf, outsideOfPack } from '../support/pack-bytes.ts';
import { type TestParty, testCenter, testParty } from '../support/relay-world.ts';
import { type CutDisk, haltsAt, openCutDisk } from './cut-disk.ts';

/** Before, between and behind the steps that make a pack the relay's. */
const points: readonly Failpoint[] = [
  ...(['relay-part/whole', 'relay-part/synced', 'relay-part/renamed'] as const),
  ...(['relay-part/durable', 'relay-row/added', 'relay-taken/marked'] as const),
];
const limitMs = 30_000;

test('power cut at each step of a relay: what it gave a receipt for, it has whole', async (t) => {
  const disk = await openCutDisk(t);
  if (disk === undefined) return;
  const relay = await openRelay(t, disk);
  const inCustody = new Map<string, Uint8Array>();
  const taken = new Set<string>();
  for (const [turn, point] of points.entries()) {
    const program = relay.start(point);
    await program.ready;
    const { box, center } = relay.connect();
    // The first pack is in custody before the cut; the second meets it.
    const count = point.startsWith('relay-taken') ? 1 : 2;
    const isHalted = haltsAt({ logDir: disk.outside, program: 'relay' }, point, limitMs);
    const stopped = new AbortController();
    const sending = (async () => {
      for (let number = 0; number < count; number++) {
        const pack = outsideOfPack(relay.center.mailbox, 300_000, `${turn}/${number}`);
        const told = await bring(box, pack);
        if (!told) return;
        inCustody.set(idOf(pack), pack);
      }
      const [first] = inCustody.keys();
      if (first === undefined) return;
      taken.add(first);
      await center.acknowledge([idOf(inCustody.get(first) ?? new Uint8Array())], stopped.signal);
    })();
    assert.ok(await isHalted, `the relay comes to ${point}`);
    disk.cut();
    await program.stop('SIGKILL');
    stopped.abort();
    relay.disconnect();
    await sending;
    disk.remount();

    const again = relay.start();
    await again.ready;
    const reader = relay.connect().center;
    for (const [packId, pack] of inCustody) {
      const read = await reader.fetch(idOf(pack), 0, pack.length, limitMs, relay.signal);
      if (!read.ok && taken.has(packId)) continue;
      assert.ok(read.ok, `cut at ${point}: a pack in custody is gone`);
      assert.deepEqual(read.value, pack);
    }
    const late = outsideOfPack(relay.center.mailbox, 300_000, `${turn}/${count - 1}`);
    assert.ok(await bring(relay.connect().box, late), `after ${point} the pack can be brought`);
    inCustody.set(idOf(late), late);
    relay.disconnect();
    await again.stop('SIGKILL');
  }
  t.diagnostic(`${points.length} cuts, ${inCustody.size} packs in custody, ${taken.size} taken`);
});

/** True when the relay says 201 for the whole pack. */
async function bring(box: RelayClient, pack: Uint8Array): Promise<boolean> {
  const piece = { packId: idOf(pack), offset: 0, sizeBytes: pack.length };
  const answer = await box.upload(piece, pack, {
    deadlineMs: limitMs,
    signal: new AbortController().signal,
  });
  return answer.ok && answer.value.kind === 'custody';
}

/** A relay whose data are on the disk, with a center and a box that its lists know. */
async function openRelay(t: TestContext, disk: CutDisk) {
  const center = testCenter('power cut');
  const box = testParty('power cut box');
  const keyDir = join(disk.outside, 'relay');
  const facts = await makeRelayKeys(keyDir, 'relay-1', systemRandom);
  const port = await freePort();
  const config = join(disk.outside, 'relay.json');
  const keys = join(keyDir, 'keys');
  await writeFile(
    config,
    JSON.stringify({
      format: 1,
      dataDir: join(disk.mounted, 'relay'),
      host: '127.0.0.1',
      port,
      relayId: 'relay-1',
      tls: { certFile: join(keys, 'tls.crt'), keyFile: join(keys, 'tls.key') },
      receiptKeyFile: join(keys, 'receipt.seed'),
      roots: [hex(center.root.publicKey)],
      reserveBytes: 0,
    }),
  );
  let lifetime = new AbortController();
  let links: { close(): void }[] = [];
  const clientOf = (party: TestParty): RelayClient => {
    const url = `https://127.0.0.1:${port}`;
    const link = connectPinned({ id: 'relay-1', url, spki: facts.spki });
    links.push(link);
    const spkiSha256 = fromBase64url(facts.spki) ?? new Uint8Array();
    return createRelayClient(link, { ...party, spkiSha256 }, lifetime.signal);
  };
  const disconnect = (): void => {
    lifetime.abort();
    for (const link of links) link.close();
    links = [];
    lifetime = new AbortController();
  };
  t.after(disconnect);
  const start = (point?: Failpoint) => {
    const env: Record<string, string> = point
      ? { OUTPOST_FAILPOINT: `${point}:${countOf(point)}:stop` }
      : {};
    const args = ['relay', '--config', config];
    const program = startOutpost('relay', args, disk.outside, 'node', env);
    disk.programs.add(program);
    return program;
  };
  const first = start();
  await first.ready;
  const publisher = clientOf(center);
  const { signal } = lifetime;
  expectOk(await publisher.putPublic('center.keys', utf8(center.keyListText(1)), signal));
  expectOk(await publisher.putPublic('access.json', utf8(center.accessText(1, [box])), signal));
  disconnect();
  await first.stop('SIGTERM');
  return {
    center,
    start,
    disconnect,
    get signal() {
      return lifetime.signal;
    },
    connect: () => ({ box: clientOf(box), center: clientOf(center) }),
  };
}

/** The second pack is the one that meets the cut. */
function countOf(point: Failpoint): number {
  return point.startsWith('relay-taken') ? 1 : 2;
}
