import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { readTlsDoor } from '#sync/adapters/dimse-tls.ts';
import { expectOk } from '#sync/core/result.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import { outcomeOf, RawPeer } from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { openDoor } from '#test/support/storage-door.ts';

/** A plain door with a TLS door beside it, and who called. */
async function openTlsDoor(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-tls-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const files = { keyFile: join(dir, 'key.pem'), certificateFile: join(dir, 'cert.pem') };
  const own = await createSelfSigned({ commonName: 'DEMO CLINIC' });
  await writeFile(files.keyFile, own.keyPem);
  await writeFile(files.certificateFile, own.certificatePem);
  const callers: Caller[] = [];
  const admit = (caller: Caller) => {
    callers.push(caller);
    return 'accept' as const;
  };
  const tls = expectOk(await readTlsDoor(files));
  const door = await openDoor(
    t,
    { ...createMemoryStore().ports, admit },
    { doors: [{ host: '127.0.0.1', port: 0, tls }] },
  );
  return { ...door, callers, dir, files, tlsPort: door.doorPorts[0] ?? 0 };
}

/** The handshake of a peer with `options`; undefined when the door refuses it. */
async function handshake(
  t: TestContext,
  port: number,
  options: ConnectionOptions = {},
): Promise<TLSSocket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  return Promise.race([
    new Promise<TLSSocket>((resolve) => socket.once('secureConnect', () => resolve(socket))),
    new Promise<undefined>((resolve) => socket.once('close', () => resolve(undefined))),
  ]);
}

test('plain and TLS doors are one SCP, and the certificate of a caller comes with it', async (t) => {
  const door = await openTlsDoor(t);
  await door.open();
  const nameless = await handshake(t, door.tlsPort);
  assert.ok(nameless);
  assert.equal(outcomeOf(await new RawPeer(nameless).associate()), 'accepted');
  const { keyPem: key, certificatePem: cert } = await createSelfSigned({ commonName: 'CT1' });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const range = { minVersion: version, maxVersion: version };
    const named = await handshake(t, door.tlsPort, { key, cert, ...range });
    assert.ok(named, version);
    assert.equal(outcomeOf(await new RawPeer(named).associate()), 'accepted');
    named.destroy();
  }
  const [plain, unnamed, first, second] = door.callers.map((caller) => caller.certificateSha256);
  assert.equal(plain, undefined);
  assert.equal(unnamed, undefined);
  assert.match(first ?? '', /^[0-9a-f]{64}$/);
  assert.equal(second, first);
});

test('the profile of BCP 195: no TLS 1.1, no suite without forward secrecy or authenticated encryption', async (t) => {
  const door = await openTlsDoor(t);
  const tls12 = { maxVersion: 'TLSv1.2' } as const;
  const refused: readonly ConnectionOptions[] = [
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    { ...tls12, ciphers: 'AES128-GCM-SHA256' },
    { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
    { ...tls12, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
  ];
  for (const options of refused) {
    assert.equal(await handshake(t, door.tlsPort, options), undefined, JSON.stringify(options));
  }
  const suite = 'ECDHE-ECDSA-AES256-GCM-SHA384';
  const taken = await handshake(t, door.tlsPort, { ...tls12, ciphers: suite });
  assert.equal(taken?.getCipher().name, suite);
});

test('a key that does not fit its certificate is found before the door opens', async (t) => {
  const { files, dir } = await openTlsDoor(t);
  const other = await createSelfSigned({ commonName: 'OTHER' });
  await writeFile(files.keyFile, other.keyPem);
  const unfit = await readTlsDoor(files);
  assert.equal(unfit.ok ? '' : unfit.fault.kind, 'dimse/tls-unusable');
  const absent = await readTlsDoor({ ...files, keyFile: join(dir, 'none.pem') });
  assert.match(absent.ok ? '' : absent.fault.message, /none\.pem/);
});

test('doors share their limits: what one lets in is missing at the other', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports, {
    doors: [{ host: '127.0.0.1', port: 0 }],
    limits: { associationsPerAddress: 2 },
  });
  await door.open();
  const [otherPort = 0] = door.doorPorts;
  const peers = await Promise.all([RawPeer.connect(otherPort), RawPeer.connect(otherPort)]);
  t.after(() => {
    for (const peer of peers) peer.close();
  });
  const outcomes = await Promise.all(peers.map((peer) => peer.associate().then(outcomeOf)));
  assert.deepEqual(outcomes.sort(), ['accepted', 'rejected 2/3/2']);
});
