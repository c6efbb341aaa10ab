import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { openJournal } from '#sync/adapters/agent-journal-file.ts';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { decodeHere } from '#sync/adapters/decoder-here.ts';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { readBoxPeers, readCenterTickets, readSeed } from '#sync/adapters/keys-file.ts';
import { parsePairLine, parseSite } from '#sync/adapters/pair-line.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { readBounded, readRegister } from '#sync/adapters/spool-folder-files.ts';
import { base64url, utf8 } from '#sync/core/bytes.ts';
import { buildData } from '#sync/letters/data.ts';
import { orderSchema } from '#sync/wire/order.ts';
import { watchAllocations } from '#test/support/allocations.ts';
import { fuzzBytes, fuzzText } from '#test/support/fuzz.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

const few = { rounds: 60 };

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-fuzz-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a register of the other zone is read or refused, and no more of it than was agreed', async (t) => {
  const path = join(await folderOf(t), 'order.json');
  const entry = { class: 2, group: '0f'.repeat(16), sizeBytes: 1_596 };
  const order = { format: 1, wake: 1, packs: [{ packId: 'ab'.repeat(32), ...entry }] };
  await fuzzBytes(
    'readRegister, readBounded',
    [utf8(JSON.stringify(order))],
    async (bytes) => {
      await writeFile(path, bytes);
      const read = await readRegister(path, 200, orderSchema);
      if (!read.ok) assert.match(read.fault.kind, /^spool\//);
      const bounded = await readBounded(path, 200);
      assert.equal(bounded.ok, bytes.length <= 200);
    },
    few,
  );
});

test('own files that are damaged are forgotten, and the program goes on', async (t) => {
  const folder = await folderOf(t);
  const journal = {
    format: 1,
    cursors: { r: 'c' },
    month: '2026-01',
    sentBytes: 1,
    fetchedBytes: 2,
  };
  const counter = { format: 1, stream: '0f'.repeat(16), next: '7' };
  const files = [journal, counter].map((each) => utf8(JSON.stringify(each)));
  await fuzzBytes(
    'openJournal, openSequence',
    files,
    async (bytes) => {
      await writeFile(join(folder, 'journal.json'), bytes);
      const entry = await openJournal(join(folder, 'journal.json')).read();
      assert.ok(entry.sentBytes >= 0 && entry.fetchedBytes >= 0);
      await writeFile(join(folder, 'sequence.json'), bytes);
      const sequence = await openSequence(folder, createSeededRandom('sequence'));
      assert.equal(sequence.stream.length, 16);
      assert.ok((await sequence.next()) >= 0n);
    },
    few,
  );
});

test('records and seeds of any content are read or left out', async (t) => {
  const folder = await folderOf(t);
  await mkdir(join(folder, 'peers'));
  const ticket = {
    ...{ format: 1, state: 'open', kind: 'enrol', site: 'DEMO-CLINIC', ticket: '0c'.repeat(16) },
    ...{ lastDay: '2027-01-31', enrolKey: 'ab'.repeat(32), wrongAttempts: 0 },
  };
  const seed = `${'ab'.repeat(32)}\n`;
  const samples = [utf8(JSON.stringify(ticket)), utf8(seed)];
  await fuzzBytes(
    'readBoxPeers, readCenterTickets, readSeed',
    samples,
    async (bytes) => {
      const path = join(folder, 'peers', 'x.json');
      await writeFile(path, bytes, { mode: 0o600 });
      assert.equal((await readBoxPeers(folder)).length, 0);
      assert.ok((await readCenterTickets(folder)).length <= 1);
      const read = await readSeed(path);
      if (read.ok) assert.equal((await readFile(path, 'utf8')).trim().length, 64);
    },
    few,
  );
});

test('a pairing line is understood or refused', () =>
  fuzzText('parsePairLine, parseSite', ['--site=DEMO-CLINIC', '--days=30', '-h', 'box'], (text) => {
    const line = parsePairLine([text]);
    assert.ok(line.ok || line.fault.next);
    const site = parseSite(text);
    if (site.ok) assert.match(site.value, /^[A-Z0-9-]{1,32}$/);
  }));

/** What a relay may write behind its TLS key instead of an answer. */
const nonsense: Readonly<Record<string, string>> = {
  'no HTTP': 'SSH-2.0-x\r\n\r\n',
  'no status': 'HTTP/1.1 999999 \r\n\r\n',
  'headers without an end': `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`,
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
  'a length that is a lie': 'HTTP/1.1 200 OK\r\ncontent-length: 4294967295\r\n\r\nab',
  'a piece of 4 GB': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\nab',
  'bytes one by one without an end': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(200_000)}`,
  nothing: '',
};

test('a relay that writes nonsense costs no memory and is a fault of the link', async (t) => {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  let said = '';
  const server = createServer({ cert: tls.certificatePem, key: tls.keyPem }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `https://127.0.0.1:${address.port}`;
  const link = connectPinned({ id: 'relay-1', url, spki: base64url(tls.spkiSha256) });
  t.after(async () => {
    link.close();
    await new Promise((resolve) => server.close(resolve));
  });
  for (const [what, text] of Object.entries(nonsense)) {
    said = text;
    const watch = watchAllocations();
    const answer = await link.request({
      ...{ method: 'GET', path: '/v1/time', answerSizeBytes: 100_000, deadlineMs: 20_000 },
      signal: new AbortController().signal,
    });
    watch.stop();
    assert.ok(!answer.ok, what);
    assert.match(answer.fault.kind, /^link\//, what);
    assert.ok(watch.sizeBytes <= 4 * 1024 * 1024, `${what}: ${watch.sizeBytes} bytes`);
  }
});

test('a payload of any bytes decodes to what its meta says, or is refused', () => {
  const bytes = new Uint8Array(3_000).map((_, index) => index % 251);
  const piece = {
    datasetSha256: 'ab'.repeat(32) as never,
    sizeBytes: 3_000,
    from: 0,
    to: 3_000,
    bytes,
  };
  return fuzzBytes(
    'decodeHere',
    [buildData('2.25.9', 1, [piece]).payload, buildData('2.25.9', 2, [piece]).payload],
    (payload) => {
      for (const coding of [1, 2] as const) {
        const meta = { ...buildData('2.25.9', 0, [piece]).meta, coding };
        const decoded = decodeHere(meta, payload);
        if (decoded.ok)
          assert.deepEqual(
            decoded.value.map(({ length }) => length),
            [3_000],
          );
        else assert.equal(decoded.fault.kind, 'decoder/refused');
      }
    },
    { rounds: 300 },
  );
});
