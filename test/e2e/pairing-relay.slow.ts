import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readBoxPeers, readCenterTickets } from '#sync/adapters/keys-file.ts';
import type { BoxPeer, CenterTicket } from '#sync/seal/peers.ts';
import { type Program, runOutpost, startOutpost } from '../demo/program.ts';
import { layOutSite, type Site, writeRelayConfig } from '../demo/setup.ts';

const patienceMs = 240_000;

test('a card and eight words link a box over the relay alone; a revoked box hears it there', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-pairing-relay-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const site = await layOutSite(root);
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  await makeKeys(site);
  const start = starter(t, site);
  const box = ['--config', site.config.appliance, '--agent-config', site.config.boxAgent, '--json'];
  const center = ['--config', site.config.center, '--json'];

  // Whoever comes first waits for the others: nothing here has an order.
  await start('box-agent', ['agent', '--config', site.config.boxAgent]);
  await start('appliance', ['appliance', '--config', site.config.appliance]);
  const card = at('stick', 'card.txt');
  await runOutpost(['pair', 'card', ...center, '--site', 'DEMO-01', '--out', card]);
  const request = JSON.parse(
    await runOutpost([
      ...['pair', 'request', ...box, '--card', card, '--site', 'DEMO-01', '--out', at('stick')],
      ...['--keys', at('center', 'keys', 'center.keys')],
    ]),
  ) as { readonly words: readonly string[] };
  await start('center', ['center', '--config', site.config.center]);
  await start('center-agent', ['agent', '--config', site.config.centerAgent]);
  await start('relay', ['relay', '--config', site.config.relay]);

  const claimed = await ticketWhen(at('center'), ({ state }) => state === 'claimed');
  const granted = await peerWhen(at('appliance'), ({ state }) => state === 'granted');
  assert.deepEqual(claimed.box?.words, granted.words, 'both ends have the same eight words');
  assert.equal(granted.card, undefined, 'the card went with the grant');

  const first = (claimed.box?.words ?? []).slice(0, 4).join(' ');
  await runOutpost(['pair', 'confirm', ...box, '--words', first]);
  const last = request.words.join(' ');
  await runOutpost(['pair', 'confirm', ...center, '--words', last]);
  await peerWhen(at('appliance'), ({ state }) => state === 'active');

  await runOutpost(['pair', 'revoke', ...center, '--ticket', claimed.ticket]);
  const revoked = await peerWhen(at('appliance'), ({ state }) => state === 'revoked');
  assert.equal(revoked.grant?.state, 'revoked');
  const access = await readFile(at('center', 'access.json'), 'utf8');
  assert.equal(access.split('provisional').length + access.split('openPacks').length, 1 + 2);
});

async function makeKeys(site: Site): Promise<void> {
  const relay = JSON.parse(
    await runOutpost([
      ...['keys', 'init', 'relay', '--data', join(site.root, 'relay')],
      ...['--name', 'relay-1', '--json'],
    ]),
  ) as { readonly spki: string; readonly receipt: string };
  const url = `https://127.0.0.1:${site.relayPort}`;
  const center = JSON.parse(
    await runOutpost([
      ...['keys', 'init', 'center', '--config', site.config.center],
      ...['--agent-config', site.config.centerAgent, '--name', 'DEMO CENTER', '--phone', '000'],
      ...['--relay', `relay-1,${url},${relay.spki},${relay.receipt}`, '--json'],
    ]),
  ) as { readonly root: string };
  await writeRelayConfig(site, center.root);
}

function starter(t: TestContext, site: Site) {
  const programs: Program[] = [];
  t.after(() => Promise.all(programs.map((program) => program.stop('SIGTERM'))));
  return async (name: string, args: readonly string[]): Promise<void> => {
    const program = startOutpost(name, args, site.logDir);
    programs.push(program);
    await program.ready;
  };
}

const ticketWhen = (dataDir: string, holds: (ticket: CenterTicket) => boolean) =>
  found(async () => (await readCenterTickets(dataDir)).find(holds), 'ticket');

const peerWhen = (dataDir: string, holds: (peer: BoxPeer) => boolean) =>
  found(async () => (await readBoxPeers(dataDir)).find(holds), 'record');

async function found<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 250) {
    const value = await look();
    if (value !== undefined) return value;
    await pause(250);
  }
  throw new Error(`No ${what} came to that in ${patienceMs} ms`);
}
