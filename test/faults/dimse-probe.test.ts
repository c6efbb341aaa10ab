import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { commandField, encodeRequest } from '#sync/dimse/command.ts';
import { encodeData, encodeItem, encodeRelease } from '#sync/dimse/pdu.ts';
import { verificationUid } from '#sync/dimse/uids.ts';
import { diceOf } from '../support/dice.ts';
import {
  associateRequest,
  dataOfSeveral,
  datasetPdus,
  echoCommand,
  outcomeOf,
  type RawPeer,
  storeCommand,
  usualContexts,
} from '../support/dimse-peer.ts';
import { assertShut } from '../support/storage-door.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { datasetOf, openLiveDoor, promptMs, storeOf } from './door.ts';

/**
 * The robustness table of the intake design against the real appliance, one program for all rows: each row leaves it
 * alive, answering others, and with as many sockets as before. The same rows meet the door alone, with the ports
 * in hand, in `test/sync/adapters/storage-scp-*.test.ts`; H9, H10 and H18 need those ports.
 */
test('the probe of intake hazards', { timeout: 120_000 }, async (t) => {
  const door = await openLiveDoor(t, { objectSizeBytes: 16 * 1024 ** 2 });
  const study = syntheticStudy({ seed: 12, slices: 6, rows: 64 });
  const stored = async (): Promise<ReadonlySet<string>> =>
    new Set((await door.box.instances()).map(({ datasetSha256 }) => datasetSha256));
  await door.echoMs();

  /** Runs one row, and sees that the box is as it was. */
  const row = (name: string, run: () => Promise<void>) =>
    t.test(name, async () => {
      const before = await door.sockets();
      const memory = await door.memoryBytes();
      await run();
      assert.ok((await door.echoMs()) < promptMs);
      await door.settled(before);
      assert.ok((await door.memoryBytes()) - memory < 96 * 1024 ** 2);
    });
  /** Sends on a connection of its own; what comes back, and nothing after it. */
  const said = async (peer: RawPeer, ...bytes: readonly Uint8Array[]): Promise<string> => {
    peer.send(...bytes);
    const outcome = outcomeOf(await peer.receive());
    peer.close();
    return outcome;
  };

  await row('garbage, HTTP and truncated PDUs', async () => {
    const dice = diceOf('garbage');
    for (let count = 0; count < 20; count++) {
      const noise = Uint8Array.from({ length: 65_536 }, () => dice.below(256));
      assertShut(await said(await door.connect(), noise));
    }
    assertShut(await said(await door.connect(), Buffer.from('GET / HTTP/1.0\r\n\r\n')));
    for (const length of [3, 6, 40, 100]) {
      const peer = await door.connect();
      peer.send(associateRequest().subarray(0, length));
      peer.socket.end();
      assertShut(outcomeOf(await peer.receive()));
    }
  });
  await row('H1: a C-STORE after a rejection', async () => {
    const peer = await door.connect();
    const outcome = outcomeOf(await peer.associate({ calledAeTitle: 'ANOTHER' }));
    assert.equal(outcome, 'rejected 1/1/7');
    peer.send(storeCommand('1.2.3.4'), datasetPdus(new Uint8Array(1_000)));
    assertShut(outcomeOf(await peer.receive()));
    assert.equal((await stored()).size, 0);
  });
  await row('H2: two dataset fragments in one PDU', async () => {
    const [slice] = study;
    assert.ok(slice);
    const dataset = datasetOf(slice);
    const peer = await door.open();
    peer.send(
      storeCommand(slice.attributes.sopInstanceUid),
      dataOfSeveral([3, 0, dataset.subarray(0, 5_000)], [3, 0, dataset.subarray(5_000, 6_000)]),
      dataOfSeveral([3, 2, dataset.subarray(6_000)]),
    );
    assert.equal((await peer.response()).status, 0);
    peer.close();
  });
  await row('H3: C-STOREs sent ahead of their answers', async () => {
    const peer = await door.open();
    peer.send(...study.slice(1).map((slice, index) => storeOf(slice, index + 1)));
    for (let messageId = 1; messageId < study.length; messageId++) {
      const { status, messageIdBeingRespondedTo } = await peer.response();
      assert.deepEqual([status, messageIdBeingRespondedTo], [0, messageId]);
    }
    peer.close();
  });
  await row('H4: a peer that takes six bytes a PDU', async () => {
    const peer = await door.connect();
    assert.match(outcomeOf(await peer.associate({ pduLengthBytes: 6 })), /^rejected/);
  });
  await row('H5: a C-STORE on the Verification context', async () => {
    const peer = await door.open();
    peer.send(storeCommand('1.2.3.4', { contextId: 1 }), encodeData(1, 2, new Uint8Array(100)));
    assert.equal((await peer.response()).status, 0x0122);
    peer.close();
  });
  await row('H6: an association request with 20,000 contexts', async () => {
    const context = encodeItem(0x20, concat(Uint8Array.of(1, 0, 0, 0), encodeItem(0x30, '1.2')));
    const extraItems = Buffer.concat(Array.from({ length: 20_000 }, () => context));
    const peer = await door.connect();
    const others = door.echoMs();
    assertShut(await said(peer, associateRequest({ extraItems })));
    assert.ok((await others) < promptMs);
  });
  await row('H7: a PDU of FFFFFFFFH bytes', async () => {
    for (const peer of [await door.connect(), await door.open()]) {
      const header = Uint8Array.of(4, 0, 0xff, 0xff, 0xff, 0xff);
      assertShut(await said(peer, header, new Uint8Array(1_000_000)));
    }
  });
  await row('H8: 150,000 empty command fragments', async () => {
    const peer = await door.open();
    const empty = encodeData(1, 1, new Uint8Array());
    const others = door.echoMs();
    const many = Buffer.concat(Array.from({ length: 150_000 }, () => empty));
    assertShut(await said(peer, many));
    assert.ok((await others) < promptMs);
  });
  await row('H13: 20 aborts and 20 closes in the middle of a C-STORE', async () => {
    for (let count = 0; count < 40; count++) {
      const peer = await door.open();
      peer.send(storeCommand(`1.2.3.${count}`), encodeData(3, 0, new Uint8Array(10_000)));
      if (count % 2 === 0) peer.send(Uint8Array.of(7, 0, 0, 0, 0, 4, 0, 0, 0, 0));
      peer.socket.end();
      assertShut(outcomeOf(await peer.receive()));
      peer.close();
    }
  });
  await row('H14 and H15: a C-STORE without a dataset, or with none in it', async () => {
    const peer = await door.open();
    peer.send(storeCommand('1.2.3.4', { hasDataset: false }));
    assert.equal((await peer.response()).status, 0xc000);
    peer.send(storeCommand('1.2.3.4'), encodeData(3, 2, new Uint8Array()));
    assert.equal((await peer.response()).status, 0xc000);
    peer.close();
  });
  await row('H16: 100 malformed command sets', async () => {
    const dice = diceOf('commands');
    const command = storeCommand('1.2.3.4').subarray(12);
    for (let count = 0; count < 100; count++) {
      const broken = Uint8Array.from(command);
      for (let hit = 1 + dice.below(6); hit > 0; hit--) {
        broken[dice.below(broken.length)] = dice.below(256);
      }
      const peer = await door.open();
      peer.send(encodeData(3, 3, broken), encodeData(3, 2, new Uint8Array(200)));
      peer.socket.end();
      // Refused by an answer, by an abort, or (when the hits did no harm) for what the dataset is.
      assert.notEqual(outcomeOf(await peer.receive()), 'accepted');
      peer.close();
    }
  });
  await row('H17: contexts in descending order', async () => {
    const peer = await door.connect();
    const contexts = usualContexts.toReversed();
    assert.equal(outcomeOf(await peer.associate({ contexts })), 'accepted');
    peer.send(echoCommand());
    assert.equal((await peer.response()).status, 0);
    peer.close();
  });
  await row('PDUs out of order', async () => {
    assertShut(await said(await door.connect(), storeCommand('1.2.3.4')));
    assertShut(await said(await door.connect(), encodeRelease('request')));
    assertShut(await said(await door.open(), associateRequest()));
    const before = encodeData(3, 2, new Uint8Array(10));
    assertShut(await said(await door.open(), before));
  });
  await row('an object beyond the limit, and an identifier beyond it', async () => {
    const large = await door.open();
    large.send(storeCommand('1.2.3.4'));
    const piece = encodeData(3, 0, new Uint8Array(120_000));
    for (let sent = 0; sent < 17 * 1024 ** 2; sent += 120_000) large.send(piece);
    large.send(encodeData(3, 2, new Uint8Array(10)), echoCommand(2));
    const { status, comment } = await large.response();
    assert.deepEqual([status, comment], [0xa700, 'Object is larger than 16777216 bytes']);
    assert.equal((await large.response()).status, 0, 'the association goes on');
    large.close();
    const find = encodeRequest({
      ...{ commandField: commandField.find, messageId: 1, hasDataset: true },
      affectedSopClassUid: verificationUid,
    });
    const long = await door.open();
    assertShut(await said(long, encodeData(1, 3, find), encodeData(1, 0, new Uint8Array(70_000))));
  });

  const digests = await until('the catalog', 60_000, async () => {
    const held = await stored();
    return held.size >= study.length ? held : undefined;
  });
  assert.deepEqual(
    study.map(({ datasetSha256 }) => digests.has(datasetSha256)),
    study.map(() => true),
    'what was acknowledged is there, byte for byte',
  );
  assert.equal(digests.size, study.length, 'and nothing else is');
});
