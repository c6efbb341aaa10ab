import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StudyList } from '#appliance/api/contract.ts';
import { outpostCommand, type Program, startProgram } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { until } from '../support/until.ts';
import { type CrashRoad, openCrashRoad, type RoadProgram } from './crash-road.ts';

const isTraced = spawnSync('strace', ['-V']).status === 0;
const skip = isTraced ? false : 'strace is not installed';

/** One finished system call: what it was about is in its arguments, paths and addresses decoded. */
interface Call {
  readonly name: string;
  readonly text: string;
  /** Line at which it began, and at which it was done. */
  readonly begun: number;
  readonly done: number;
}

test('a record and the name of its segment are durable before the modality hears success', {
  skip,
}, async (t) => {
  const road = await openCrashRoad(t);
  const traced = await startTraced(t, road, 'appliance');
  await sendOne(road);
  const calls = await traced.end();
  const segment = '/appliance/segments/';
  const payload = lastOf(
    calls,
    ({ name, text }) => name.startsWith('pwrite') && text.includes(segment),
  );
  const synced = firstAfter(
    calls,
    payload,
    ({ name, text }) => name === 'fdatasync' && text.includes(segment),
  );
  const named = firstAfter(
    calls,
    synced,
    ({ name, text }) => name === 'fsync' && /\/appliance\/segments>/.test(text),
  );
  // The only P-DATA (PDU type 4) that the box sends on this association is the answer to the one C-STORE.
  const answers = calls.filter(
    ({ name, text }) => /^(write|send)/.test(name) && /TCP.*"\\4/.test(text),
  );
  assert.equal(answers.length, 1, 'one answer');
  assert.ok((answers[0]?.begun ?? 0) > named.done, 'the answer left after both were durable');
});

test('file, rename, folder and row are durable in this order before the relay says 201', {
  skip,
}, async (t) => {
  const road = await openCrashRoad(t);
  await road.site.confirmBox();
  const traced = await startTraced(t, road, 'relay');
  const others = (['centerAgent', 'center', 'appliance', 'boxAgent'] as const).map((name) =>
    road.start(name),
  );
  await Promise.all(others.map(({ ready }) => ready));
  await sendOne(road);
  const packId = await largestPack(join(road.site.root, 'relay', 'packs'));
  await signedFor(road);
  const calls = await traced.end();

  const isPart = ({ text }: Call): boolean => new RegExp(`/parts/[0-9a-f.]*${packId}`).test(text);
  const written = lastOf(calls, (call) => call.name.startsWith('pwrite') && isPart(call));
  const synced = firstAfter(calls, written, (call) => call.name === 'fsync' && isPart(call));
  const renamed = firstAfter(
    calls,
    synced,
    (call) => call.name.startsWith('rename') && isPart(call),
  );
  const shelf = `/packs/${packId.slice(0, 2)}>`;
  const named = firstAfter(
    calls,
    renamed,
    ({ name, text }) => name === 'fsync' && text.includes(shelf),
  );
  const rowed = firstAfter(
    calls,
    named,
    ({ name, text }) => /^f(data)?sync$/.test(name) && text.includes('relay.db-wal'),
  );
  // Whose answer it is cannot be seen through TLS: before that moment no more of them left than others were kept.
  const keptBefore = calls.filter(
    (call) => call.done < rowed.done && isShelved(call) && !call.text.includes(packId),
  );
  const [early, later] = receiptsAround(calls, rowed);
  const counted = `${early} answers to ${keptBefore.length} other packs: one left too soon`;
  assert.ok(early <= keptBefore.length, counted);
  assert.ok(later > 0, 'the 201 left after the row was durable');
});

const patienceMs = 60_000;

/** More than the head of a request. */
const leastBodyBytes = 2_048;

/** One object of about 300 KB; resolves when it is acknowledged. */
async function sendOne(road: CrashRoad): Promise<void> {
  const stop = new AbortController();
  const load = road.load(stop.signal, {
    ...{ pauseMs: 0, slices: 1, largeEvery: 0, seed: 5, reports: false, rows: 400 },
  });
  stop.abort();
  await load;
}

/** Starts a program under strace, which writes each call with paths and addresses. */
async function startTraced(
  t: TestContext,
  { site }: CrashRoad,
  name: RoadProgram,
): Promise<{ readonly end: () => Promise<readonly Call[]> }> {
  const output = join(site.root, 'calls.txt');
  const calls =
    'fsync,fdatasync,rename,renameat2,pwrite64,pwritev,write,writev,sendto,sendmsg,read';
  const program: Program = startProgram(
    name,
    'strace',
    [
      ...['-f', '-q', '-yy', '-s', '16', '-e', `trace=${calls}`, '-e', 'signal=none', '-o', output],
      ...outpostCommand([name, '--config', site.config[name]]),
    ],
    site.logDir,
  );
  /** A signal to strace would only detach it; the first line of its output names the program. */
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (program.isRunning())
      process.kill(Number.parseInt(await readFile(output, 'utf8'), 10), signal);
    await program.ended;
  };
  t.after(() => end('SIGKILL'));
  await program.ready;
  return {
    end: async () => {
      await end('SIGTERM');
      return callsOf(await readFile(output, 'utf8'));
    },
  };
}

/** Joins the two halves of a call that another thread interrupted. */
function callsOf(text: string): readonly Call[] {
  const calls: Call[] = [];
  const open = new Map<string, { readonly text: string; readonly begun: number }>();
  for (const [line, content] of text.split('\n').entries()) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(content) ?? [];
    const [, unfinished] = /^(.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
    if (unfinished !== undefined) {
      open.set(pid, { text: unfinished, begun: line });
      continue;
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    const half = resumed === undefined ? undefined : open.get(pid);
    const whole = half === undefined ? rest : `${half.text}${resumed}`;
    const [, name] = /^(\w+)\(/.exec(whole) ?? [];
    if (name !== undefined)
      calls.push({ name, text: whole, begun: half?.begun ?? line, done: line });
  }
  return calls;
}

function lastOf(calls: readonly Call[], isIt: (call: Call) => boolean): Call {
  const found = calls.filter(isIt).at(-1);
  assert.ok(found, 'the call was made');
  return found;
}

/** The first such call that began after `before` was done. */
function firstAfter(calls: readonly Call[], before: Call, isIt: (call: Call) => boolean): Call {
  const found = calls.find((call) => call.begun > before.done && isIt(call));
  assert.ok(found, `after ${before.text} nothing came that had to come`);
  return found;
}

const isWrite = ({ name }: Call): boolean => /^(write|send)/.test(name);

/** Encrypted, the receipt of one pack takes some 480 bytes, other answers to a piece some 220, to lists some 570. */
function isReceipt(call: Call): boolean {
  const sizeBytes = Number(/ = (\d+)$/.exec(call.text)?.[1]);
  return isWrite(call) && sizeBytes > 440 && sizeBytes < 520;
}

/** A pack gets the name under which it is kept. */
function isShelved({ name, text }: Call): boolean {
  return name.startsWith('rename') && text.includes('/packs/');
}

/** How many receipts left before `moment` was done, and since, over connections that had brought a body. */
function receiptsAround(calls: readonly Call[], moment: Call): readonly [number, number] {
  const waiting = new Set<string>();
  let [early, later] = [0, 0];
  for (const call of calls) {
    const [, socket, count] = /\d+<(TCP[^>]*->[^>]*)>.* = (\d+)$/.exec(call.text) ?? [];
    if (socket === undefined) continue;
    if (call.name === 'read' && Number(count) >= leastBodyBytes) waiting.add(socket);
    if (!isWrite(call)) continue;
    if (waiting.delete(socket) && isReceipt(call)) {
      if (call.begun > moment.done) later++;
      else early++;
    }
  }
  return [early, later];
}

/** The id of the data pack once the relay holds it: larger than any manifest. */
function largestPack(packs: string): Promise<string> {
  return until('the relay holds the pack', patienceMs, async () => {
    const names = await readdir(packs, { recursive: true }).catch((): string[] => []);
    for (const name of names.filter((each) => each.endsWith('.spk'))) {
      const found = await stat(join(packs, name)).catch(() => undefined);
      if (found && found.size > 16_384) return name.slice(-68, -4);
    }
    return undefined;
  });
}

/** Until the 201 for all packs of the study came to the box. */
async function signedFor({ site }: CrashRoad): Promise<void> {
  const isThere: readonly string[] = ['at center', 'delivered', 'report ready'];
  await until('the box has the receipts of the relay', patienceMs, async () => {
    const list = await ask<StudyList>(site.applianceSocket, '/v1/studies');
    return list?.studies.some(({ state }) => isThere.includes(state));
  });
}
