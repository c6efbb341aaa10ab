import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { writeSeed } from '#sync/adapters/keys-file.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { openCuttingProxy } from '#test/support/cutting-proxy.ts';
import { freePort } from '#test/support/free-port.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';
import { type TestParty, testCenter, testParty } from '#test/support/relay-world.ts';
import { repositoryDir } from '#test/support/source-tree.ts';

const center = testCenter('center one');
const box = testParty('box one');

/** A program of this repository in a process of its own. */
async function startProgram(t: TestContext, name: string, config: string) {
  const args = [join(repositoryDir, 'provisioning', 'outpost.ts'), name, '--config', config];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  t.after(() => child.kill('SIGKILL'));
  const said: string[] = [];
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    if (child.stdout === null) return reject(new Error('no output'));
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line);
      const fields = JSON.parse(line) as Record<string, unknown>;
      if (fields['event'] === 'ready') resolve(fields);
    });
    void exited.then((code) => reject(new Error(`${name} ended with ${code}: ${said}`)));
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { port: Number(ready['port'] ?? 0), end };
}

/** Folders, keys and configs of a relay and two parties. */
async function prepare(port: number) {
  const root = mkdtempSync(join(tmpdir(), 'outpost-agents-'));
  const facts = await makeRelayKeys(join(root, 'relay'), 'relay-1', systemRandom);
  const write = (name: string, value: object): string => {
    writeFileSync(join(root, name), JSON.stringify({ format: 1, ...value }));
    return join(root, name);
  };
  const relay = write('relay.json', {
    ...{ dataDir: join(root, 'relay'), host: '127.0.0.1', port, relayId: 'relay-1' },
    ...{ roots: [hex(center.root.publicKey)], reserveBytes: 0 },
  });
  const side = async (name: string, party: TestParty, urlPort: number) => {
    mkdirSync(join(root, name, 'keys'), { recursive: true });
    await writeSeed(join(root, name, 'keys', 'transport.seed'), party.transport.seed);
    const spoolDir = join(root, `${name}-spool`);
    const clinical = await openClinicalSpool(spoolDir);
    const relays = [{ id: facts.id, urls: [`https://127.0.0.1:${urlPort}`], spki: facts.spki }];
    await clinical.writePeer({
      ...{ format: 1, handle: party.handle, ownMailbox: party.mailbox },
      relays,
    });
    return { clinical, config: write(`${name}.json`, { dataDir: join(root, name), spoolDir }) };
  };
  return { root, relay, side };
}

async function receive(clinical: ClinicalSpool, count: number) {
  const received = new Map<PackId, Uint8Array>();
  const stop = new AbortController();
  await new Promise<void>((resolve, reject) => {
    const look = async (): Promise<void> => {
      for (const packId of await clinical.arrivedPacks()) {
        received.set(packId, expectOk(await clinical.readArrived(packId)));
        await clinical.markTaken(packId);
      }
      if (received.size >= count) resolve();
    };
    clinical.watch(() => look().catch(reject), stop.signal);
    look().catch(reject);
  });
  stop.abort();
  return received;
}

/** Resolves when `n` more bytes crossed the proxy. */
async function crossed(proxy: { bytes(): number }, n: number): Promise<void> {
  const goal = proxy.bytes() + n;
  while (proxy.bytes() < goal) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('agent and relay are killed while packs are under way, and every pack arrives', async (t) => {
  const relayPort = await freePort();
  const place = await prepare(relayPort);
  const proxy = await openCuttingProxy(relayPort, createSeededRandom('kill'), {
    minBytes: 1e9,
    maxBytes: 2e9,
  });
  t.after(() => proxy.close());
  t.after(() => rm(place.root, { recursive: true }));
  const boxSide = await place.side('box', box, proxy.port);
  const centerSide = await place.side('center', center, relayPort);
  await centerSide.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await centerSide.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));

  const packs = [1, 2, 3].map((n) => outsideOfPack(center.mailbox, 3_000_000, `kill ${n}`));
  for (const pack of packs) expectOk(await boxSide.clinical.putPack(idOf(pack), pack));
  const listed = packs.map((pack) => {
    const group = '00'.repeat(16);
    return { packId: idOf(pack), class: 2 as const, group, sizeBytes: pack.length };
  });
  const wake = async (count: number): Promise<void> => {
    const order = { format: 1, wake: count } as const;
    expectOk(await boxSide.clinical.writeOrder({ ...order, packs: listed }));
    expectOk(await centerSide.clinical.writeOrder({ ...order, packs: [] }));
  };
  await wake(1);

  let relay = await startProgram(t, 'relay', place.relay);
  const centerAgent = await startProgram(t, 'agent', centerSide.config);
  let boxAgent = await startProgram(t, 'agent', boxSide.config);
  await crossed(proxy, 1_500_000);
  await boxAgent.end('SIGKILL');
  boxAgent = await startProgram(t, 'agent', boxSide.config);
  await crossed(proxy, 1_500_000);
  await relay.end('SIGKILL');
  relay = await startProgram(t, 'relay', place.relay);
  await wake(2);

  const received = await receive(centerSide.clinical, packs.length);
  for (const pack of packs) assert.deepEqual(received.get(idOf(pack)), pack);
  assert.equal(await boxAgent.end('SIGTERM'), 0);
  assert.equal(await centerAgent.end('SIGTERM'), 0);
  assert.equal(await relay.end('SIGTERM'), 0);
});
