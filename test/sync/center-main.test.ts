import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { writePeerRecord, writeSeed } from '#sync/adapters/keys-file.ts';
import { openAgentSpool } from '#sync/adapters/spool-folder.ts';
import type { CenterStatus } from '#sync/center/status.ts';
import { hex } from '#sync/core/bytes.ts';
import { exitCode } from '#sync/core/exit.ts';
import { expectOk } from '#sync/core/result.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { AgentSpool } from '#sync/wire/spool.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '../support/center-world.ts';
import { syntheticPdfReport, syntheticStudy } from '../support/synthetic-ct.ts';
import { shake } from './seal/shake-random.ts';

const slices = syntheticStudy({ seed: 30, slices: 3, rows: 64, accessionNumber: 'ACC-30' });
const mainPath = new URL('../../sync/center-main.ts', import.meta.url).href;

/** A center on disk with one paired box, and its program to be started. */
async function createSite(t: TestContext, over: object = {}) {
  const root = await mkdtemp(join(tmpdir(), 'outpost-main-'));
  const dataDir = join(root, 'center');
  const images = join(root, 'images');
  const reports = join(root, 'reports');
  const world = createCenterWorld();
  const box = joinBox(world);
  const keys = join(dataDir, 'keys');
  await mkdir(keys, { recursive: true });
  await writeSeed(join(keys, 'identity.seed'), shake('center world/identity', 32));
  const kid = hex(world.keys.receive.kid);
  await writeSeed(join(keys, `receive-${kid}.seed`), shake('center world/receive', 32));
  await writeFile(join(keys, 'center.keys'), world.keys.text);
  const { handle, transport } = world.party();
  await writeFile(join(keys, 'center.json'), JSON.stringify({ format: 1, handle, transport }));
  for (const ticket of world.tickets()) await writePeerRecord(dataDir, ticket.ticket, ticket);
  const spool = await openAgentSpool(join(root, 'spool'));
  const socket = join(root, 'center.sock');
  const config = {
    format: 1,
    dataDir,
    spoolDir: join(root, 'spool'),
    socket,
    zones: 'off',
    deliveryFolder: images,
    reportFolder: reports,
    reader: { name: 'DR TEST', registerNo: 'R-100' },
    ...over,
  };
  const configPath = join(root, 'center.json');
  await writeFile(configPath, JSON.stringify(config));
  const starterPath = join(root, 'start.mjs');
  const starter = `import { main } from ${JSON.stringify(mainPath)};
process.exitCode = await main(['--config', ${JSON.stringify(configPath)}]);
`;
  await writeFile(starterPath, starter);
  const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();
  t.after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  return {
    root,
    world,
    box,
    spool,
    images,
    reports,
    start: () => {
      const child = startMain(starterPath);
      running.add(child.process);
      child.process.once('exit', () => running.delete(child.process));
      return child;
    },
    /** What the center sealed to the box, beside its grant. */
    letters: async () => {
      const letters: NonNullable<ReturnType<typeof box.open>>[] = [];
      for (const { packId } of await spool.outgoing()) {
        const letter = box.open(expectOk(await spool.readOutgoing(packId, 0, 1_000_000)));
        if (letter !== undefined) letters.push(letter);
      }
      return letters;
    },
    status: () => getJson<CenterStatus>(socket, '/v1/status'),
    arrive: async ({ packId, bytes }: { packId: string; bytes: Uint8Array }) => {
      const id = parsePackId(packId);
      if (id === undefined) throw new Error('No pack id');
      expectOk(await spool.appendPart(id, 0, bytes));
      expectOk(await spool.finishPart(id));
      return id;
    },
  };
}

function startMain(starterPath: string) {
  const child = spawn(process.execPath, [starterPath], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stderr.on('data', (text) => {
    output += text;
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    lines.on('line', (line) => {
      output += `${line}\n`;
      if (line.includes('"event":"ready"')) resolve(JSON.parse(line));
    });
    void exited.then((code) => reject(new Error(`It ended with ${code}: ${output}`)));
  });
  // A test that expects an exit does not wait for it to be ready.
  ready.catch(() => {});
  return { process: child, ready, exited, output: () => output };
}

function getJson<T>(socketPath: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path }, (response) => {
      let body = '';
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve(JSON.parse(body)));
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** Waits, woken by what the center writes into the spool and by the spool's own poll, until `holds`; at most two minutes. */
async function untilInSpool(spool: AgentSpool, holds: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(120_000);
  while (!(await holds())) {
    const look = new AbortController();
    await new Promise<void>((resolve, reject) => {
      deadline.addEventListener('abort', () => reject(deadline.reason), { once: true });
      spool.watch(resolve, look.signal);
    }).finally(() => look.abort());
  }
}

test('the program takes, delivers, answers, survives a kill, binds a report, and stops', async (t) => {
  const site = await createSite(t, {
    reportScp: { host: '127.0.0.1', port: 0, aeTitle: 'REPORTS' },
  });
  const { box, spool } = site;
  const first = site.start();
  const { reportPort } = await first.ready;
  assert.ok(Number(reportPort) > 0);
  const data = await site.arrive(box.seal('data', dataOf(slices)));
  await untilInSpool(spool, async () => (await spool.incoming()).taken.includes(data));
  first.process.kill('SIGKILL');
  await first.exited;

  await site.arrive(box.seal('manifest', manifestOf(slices)));
  const second = site.start();
  await second.ready;
  await untilInSpool(spool, async () => (await site.letters()).length === 1);
  const [letter] = await site.letters();
  assert.equal(letter?.kind === 'receipt' && letter.receipt.type, 'delivery');
  const files = await readdir(site.images);
  assert.equal(files.length, slices.length);
  for (const name of files) {
    const part10 = new Uint8Array(await readFile(join(site.images, name)));
    assert.ok(slices.some((slice) => Buffer.from(slice.part10).equals(part10)));
  }
  assert.equal((await site.status()).counts.instances.stored, slices.length);

  await writeFile(join(site.reports, 'ACC-30.pdf'), syntheticPdfReport().pdf);
  await untilInSpool(spool, async () => (await site.letters()).length === 2);
  await untilInSpool(spool, async () => (await readdir(join(site.reports, 'done'))).length === 1);
  second.process.kill('SIGTERM');
  assert.equal(await second.exited, exitCode.ok, second.output());

  const secrets = ['TEST^ALPHA', 'ACC-30', ...slices.map((slice) => slice.sopInstanceUid)];
  for (const secret of secrets) {
    assert.equal(`${first.output()}${second.output()}`.includes(secret), false, 'in a log line');
  }
});

test('a config with an unknown key ends with 78 and names the key', async (t) => {
  const site = await createSite(t, { relay: true });
  const child = site.start();
  assert.equal(await child.exited, exitCode.config);
  assert.match(child.output(), /relay/);
});

test('missing keys end with 78 and say what to run', async (t) => {
  const site = await createSite(t);
  await rm(join(site.root, 'center', 'keys', 'center.keys'));
  const child = site.start();
  assert.equal(await child.exited, exitCode.config);
  assert.match(child.output(), /keys\/missing/);
});

test('a damaged ledger is put aside and rebuilt from the files', async (t) => {
  const site = await createSite(t);
  const { box, spool } = site;
  const first = site.start();
  await first.ready;
  await site.arrive(box.seal('data', dataOf(slices)));
  await site.arrive(box.seal('manifest', manifestOf(slices)));
  await untilInSpool(spool, async () => (await site.letters()).length === 1);
  first.process.kill('SIGTERM');
  assert.equal(await first.exited, exitCode.ok, first.output());
  for (const suffix of ['-wal', '-shm']) {
    await rm(join(site.root, 'center', `center.db${suffix}`), { force: true });
  }
  await writeFile(join(site.root, 'center', 'center.db'), 'SQLite format 3\0 no more');
  const second = site.start();
  await second.ready;
  const { counts } = await site.status();
  assert.match(second.output(), /center\/ledger-damaged/);
  assert.equal(counts.instances.stored, slices.length);
  assert.equal(counts.packs, 2);
  second.process.kill('SIGTERM');
  assert.equal(await second.exited, exitCode.ok, second.output());
});

test('a center that cannot have one of its doors ends, and leaves none of the others open', async (t) => {
  const taken = createServer();
  await new Promise<void>((listens) => taken.listen(0, '127.0.0.1', listens));
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const site = await createSite(t, { metrics: { port } });
  const child = site.start();
  assert.equal(await child.exited, exitCode.temporary, child.output());
  assert.match(child.output(), /EADDRINUSE/);
});
