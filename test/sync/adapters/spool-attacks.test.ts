import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import { concat } from '#sync/core/bytes.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';
import { forge, verdict } from '../seal/forge.ts';

const packId = idOf(seededBytes('attacked', 10));
const secret = 'what no file of the spool may lead to';
const twentyGigabytes = 20 * 1024 ** 3;

async function openSpool(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-attacks-'));
  /** What must end before the folder goes. */
  const endings: (() => unknown)[] = [];
  t.after(async () => {
    for (const end of endings) await end();
    rmSync(dir, { recursive: true, force: true });
  });
  const clinical = await openClinicalSpool(join(dir, 'spool'));
  for (const folder of ['new', 'custody', 'public', 'tmp']) {
    mkdirSync(join(dir, 'spool', 'in', folder), { recursive: true });
  }
  writeFileSync(join(dir, 'secret'), secret);
  return { dir, clinical, endings };
}

/** Every file of the agent that the clinical side reads, and the read; undefined = it was refused. */
const doors: Readonly<Record<string, (spool: ClinicalSpool) => Promise<unknown>>> = {
  [`new/${packId}.spk`]: async (spool) => {
    const read = await spool.readArrived(packId);
    return read.ok ? read.value : undefined;
  },
  [`custody/${packId}.json`]: async (spool) => await spool.custodyReceipt(packId),
  'public/center.keys': (spool) => spool.readPublic('center.keys'),
  'public/access.json': (spool) => spool.readPublic('access.json'),
  'agent.json': (spool) => spool.agentState(),
};

/** Puts something at `path` where a file was agreed. */
type Trap = (path: string, dir: string, endings: (() => unknown)[]) => unknown;

/** What the agent may put there. */
const traps: Readonly<Record<string, Trap>> = {
  'a symlink to a file of the clinical zone': (path, dir) => symlinkSync(join(dir, 'secret'), path),
  'a symlink to itself': (path) => symlinkSync(path, path),
  'a symlink to a device without end': (path) => symlinkSync('/dev/zero', path),
  'a FIFO that nobody writes': (path) => execFileSync('mkfifo', [path]),
  'a folder': (path) => mkdirSync(path),
  'a socket': async (path, _dir, endings) => endings.push(await listenAt(path)),
  'a sparse file of 20 GB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, twentyGigabytes);
  },
};

test('what is agreed is read at every door of the spool', async (t) => {
  const { dir, clinical } = await openSpool(t);
  const state = { format: 1, link: 'up', rateBytesPerS: 0, lastContactAt: null };
  for (const [door, read] of Object.entries(doors)) {
    const path = join(dir, 'spool', 'in', door);
    writeFileSync(path, JSON.stringify({ ...state, offsets: {}, faults: [] }));
    assert.notEqual(await read(clinical), undefined, door);
  }
});

for (const [trap, make] of Object.entries(traps)) {
  test(`${trap} is refused at once at every door of the spool`, async (t) => {
    for (const [door, read] of Object.entries(doors)) {
      const { dir, clinical, endings } = await openSpool(t);
      await make(join(dir, 'spool', 'in', door), dir, endings);
      assert.equal(await read(clinical), undefined, door);
    }
  });
}

test('a file that the agent swaps without end is read as one of its forms, whole, or refused', async (t) => {
  const { dir, clinical, endings } = await openSpool(t);
  const form = (name: string): string => join(dir, 'spool', 'in', 'tmp', name);
  const wholes = ['A', 'B'].map((name) => seededBytes(name, 70_000));
  for (const [index, bytes] of wholes.entries()) writeFileSync(form(`${index}`), bytes);
  writeFileSync(form('huge'), '');
  truncateSync(form('huge'), twentyGigabytes);
  execFileSync('mkfifo', [form('fifo')]);
  const path = join(dir, 'spool', 'in', 'new', `${packId}.spk`);
  const swapper = swapAt(path, {
    links: ['0', 'huge', '1', 'fifo'].map(form),
    symlinks: [join(dir, 'secret')],
  });
  endings.push(() => swapper.terminate());
  const ids = wholes.map(idOf);
  // As many reads as it takes to see each form, so that the race was run, and then some.
  const missing = new Set<string>([...ids, 'spool/refused']);
  for (let left = 500; left > 0 || missing.size > 0; left--) {
    assert.ok(left > -200_000, `never seen: ${[...missing]}`);
    const read = await clinical.readArrived(packId);
    const outcome = read.ok ? idOf(read.value) : read.fault.kind;
    assert.ok([...ids, 'spool/refused', 'spool/missing'].includes(outcome), outcome);
    missing.delete(outcome);
  }
});

test('a pack that the agent writes over while it is read opens as itself or not at all', async (t) => {
  const { dir, clinical, endings } = await openSpool(t);
  const pack = forge();
  const damaged = pack.map((byte, at) => (at % 1_000 === 999 ? byte ^ 1 : byte));
  const path = join(dir, 'spool', 'in', 'new', `${packId}.spk`);
  const swapper = swapAt(path, {
    contents: [pack, damaged, pack, concat(pack, pack), pack, pack.subarray(0, 2_000)],
  });
  endings.push(() => swapper.terminate());
  const verdicts = new Set<string>();
  const isRun = (): boolean => verdicts.has('opened') && verdicts.size > 1;
  for (let left = 100; left > 0 || !isRun(); left--) {
    assert.ok(left > -20_000, `only seen: ${[...verdicts]}`);
    const read = await clinical.readArrived(packId);
    if (!read.ok) continue;
    const seen = verdict(read.value);
    if (seen === 'opened') assert.equal(idOf(read.value), idOf(pack));
    verdicts.add(seen);
  }
});

interface Forms {
  readonly links?: readonly string[];
  readonly symlinks?: readonly string[];
  readonly contents?: readonly Uint8Array[];
}

/** Another thread puts these forms at `target`, one after another, until it is terminated. */
function swapAt(target: string, forms: Forms): Worker {
  const workerData = { target, links: [], symlinks: [], contents: [], ...forms };
  return new Worker(new URL('spool-swapper.ts', import.meta.url), { workerData });
}

/** Listens at a socket file; a socket's path is short, so from its own folder. */
function listenAt(path: string): Promise<() => void> {
  const before = process.cwd();
  process.chdir(dirname(path));
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(basename(path), () => {
      process.chdir(before);
      resolve(() => server.close());
    });
  });
}
