import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { silentLog } from '#sync/core/log.ts';
import { datasetPdus, outcomeOf, RawPeer, storeCommand } from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { openDoor } from '#test/support/storage-door.ts';

async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  const { keyPem, certificatePem } = await createSelfSigned({ commonName: 'DEMO CLINIC' });
  return { key: keyPem, cert: certificatePem };
}

test('C-STORE over TLS, and a peer that speaks plain is closed', async (t) => {
  const store = createMemoryStore();
  const tls = await selfSigned();
  const door = await openDoor(t, store.ports, { tls });
  const plain = await door.connect();
  assert.equal(outcomeOf(await plain.associate()), 'closed');

  const socket = connect({
    port: door.port,
    host: '127.0.0.1',
    ca: tls.cert,
    servername: 'x',
    checkServerIdentity: () => undefined,
  });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  const peer = new RawPeer(socket);
  assert.equal(outcomeOf(await peer.associate()), 'accepted');
  const dataset = Buffer.alloc(300_000, 'DATASET ');
  peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
  assert.equal((await peer.response()).status, 0);
  assert.ok(dataset.equals(store.stored[0]?.dataset ?? Buffer.alloc(0)));
});

test('closing does not wait for a handshake that never comes', async (t) => {
  const scp = createStorageScp(
    createMemoryStore().ports,
    { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], tls: await selfSigned() },
    silentLog,
  );
  const peer = await RawPeer.connect((await scp.listen()).port);
  t.after(() => peer.close());
  await new Promise((resolve) => setImmediate(resolve));
  await scp.close();
  assert.equal(await peer.receive(), 'closed');
});
