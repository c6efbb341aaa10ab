import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ledgerTurn } from '#appliance/intake/ledger.ts';
import { createUnconfirmed } from '#appliance/intake/unconfirmed.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import { noteRestored } from '#sync/adapters/center-keys-restored.ts';
import { readCenterKeys, writeSeed } from '#sync/adapters/keys-file.ts';
import { createResendFiles } from '#sync/adapters/resends-folder.ts';
import { createStudyStore } from '#sync/adapters/study-store-folder.ts';
import { hex } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import { acceptKeyList, type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { createCenterWorld, joinBox } from '#test/support/center-world.ts';
import { dayMs, keep } from '#test/support/housekeeping.ts';
import { createMemoryLedger } from '#test/support/ledger-memory.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';
import { slices } from '#test/support/road.ts';
import { centerOf } from '../sync/seal/parties.ts';
import { shake } from '../sync/seal/shake-random.ts';

const keys = centerOf('center world');

/** The center with its files in a folder, which is copied as a backup and put back; the PACS goes on. */
async function openCenter(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-ledger-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const dataDir = join(dir, 'center');
  const folder = join(dataDir, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeSeed(join(folder, 'identity.seed'), shake('center world/identity', 32));
  const epoch = `receive-${hex(keys.receive.kid)}.seed`;
  await writeSeed(join(folder, epoch), shake('center world/receive', 32));
  await mkdir(join(dir, 'stick'), { mode: 0o700 });
  await writeSeed(join(dir, 'stick', 'root.seed'), shake('center world/root', 32));
  await writeFile(join(folder, 'center.keys'), keys.text);
  const facts = { format: 1, handle: '0'.repeat(32), transport: '0'.repeat(64) };
  await writeFile(join(folder, 'center.json'), JSON.stringify(facts));
  const first = createCenterWorld();
  const files = () => ({
    ...{ spool: first.ports.spool, clock: first.clock, delivery: first.pacs },
    store: createStudyStore(dataDir),
    resendFiles: createResendFiles(dataDir, silentLog),
    // It is made anew from the files.
    ledger: createMemoryLedger(),
    sequence: first.ports.sequence,
    readParty: async () => {
      const { keyList, keyListText } = expectOk(await readCenterKeys(dataDir));
      return ok({ ...first.party(), keyList, keyListText, tickets });
    },
  });
  let tickets = first.tickets();
  let world = createCenterWorld(files());
  void joinBox(world, 'box');
  tickets = world.tickets();
  let center = world.start();
  return {
    pacs: first.pacs,
    spool: first.spool,
    dataDir,
    stick: join(dir, 'stick'),
    status: () => center.status(),
    settle: () => world.settle(center),
    arrive: first.arrive,
    takeCustody: first.takeCustody,
    keyList: async () => expectOk(await readCenterKeys(dataDir)).keyList,
    backUp: () => cp(dataDir, join(dir, 'backup'), { recursive: true }),
    putBack: async () => {
      await rm(dataDir, { recursive: true });
      await cp(join(dir, 'backup'), dataDir, { recursive: true });
      world = createCenterWorld(files());
      void joinBox(world, 'box');
      tickets = world.tickets();
      center = world.start();
      await center.recover();
    },
  };
}

async function openRoad(t: TestContext) {
  const center = await openCenter(t);
  const world = await openBoxWorld(t, { firstCenter: keys });
  const unconfirmed = createUnconfirmed(world.parts().ports, dayMs);
  let pairing: Pairing = world.pairing;
  const relayKey = signingKeyOf(shake('center world/receipt', 32));

  /** Everything that is under way, both ways, until nothing is. Bytes of data packs that went up. */
  async function carry(): Promise<number> {
    let dataBytes = 0;
    for (let round = 0; round < 4; round++) {
      await world.seal();
      for (const { packId, sizeBytes, letter } of await world.lettersAtCenter()) {
        const bytes = await world.spool.clinical.readSent(packId);
        assert.ok(bytes);
        await center.arrive(packId, bytes);
        if (letter.kind === 'data') dataBytes += sizeBytes;
      }
      await world.giveCustody(relayKey);
      await world.countCustody();
      await center.settle();
      for (const { packId } of await center.spool.agent.outgoing()) {
        const bytes = await center.spool.clinical.readSent(packId);
        assert.ok(bytes);
        await world.carry({ packId, bytes });
      }
      await center.takeCustody();
      await center.settle();
      await world.takeIn();
      world.clock.advance(20_000);
      await unconfirmed.turn(pairing);
    }
    return dataBytes;
  }

  return {
    center,
    world,
    carry,
    receive: async (study: ReturnType<typeof slices>) => {
      await world.receive(study);
      world.clock.advance(2_000);
    },
    /** The relay brings a key list of the center, and the box takes it or not. */
    bringList: async (list: KeyList) => {
      const [first] = pairing.centers;
      assert.ok(first);
      if (acceptKeyList(first.keyList, list) === 'higher') {
        pairing = { ...pairing, centers: [{ ...first, keyList: list }] };
      }
      return ledgerTurn(world.parts().ports, pairing);
    },
    states: async () => (await world.folder().catalog.instances()).map(({ state }) => state),
  };
}

const noRandom = createSeededRandom('restored');

test('a center put back from a backup gets what it lost, confirms what it has, and nothing is purged in between', async (t) => {
  const { center, world, carry, receive, bringList, states } = await openRoad(t);
  const before = await center.keyList();
  assert.equal(await bringList(before), 0);
  const [first, second, third] = slices(3);
  assert.ok(first && second && third);
  await receive([first, second]);
  assert.ok((await carry()) > 0);
  assert.deepEqual(await states(), ['delivered', 'delivered']);
  await center.backUp();
  await receive([third]);
  assert.ok((await carry()) > 0);
  assert.deepEqual(await states(), ['delivered', 'delivered', 'delivered']);
  assert.equal(center.pacs.log.length, 3);

  await center.putBack();
  assert.equal(await carry(), 0, 'nobody knows yet');
  const place = { dataDir: center.dataDir, rootDir: center.stick };
  const ports = { clock: world.clock, random: noRandom };
  assert.equal((await noteRestored(place, [], ports)).ok, false, 'without a witness');
  const list = expectOk(await noteRestored(place, [keys.text], ports));
  assert.equal(list.list, before.list + 1);
  assert.notEqual(hex(list.ledger), hex(before.ledger));

  assert.equal(await bringList(list), 1);
  assert.deepEqual(await states(), ['packed', 'packed', 'packed']);
  world.clock.advance(40 * dayMs);
  assert.equal((await keep(world)).purged, 0, 'in between');
  assert.equal(await bringList(before), 0, 'a replayed list of before');
  assert.deepEqual(await states(), ['packed', 'packed', 'packed']);

  const sentBytes = await carry();
  assert.deepEqual(await states(), ['delivered', 'delivered', 'delivered']);
  assert.ok(sentBytes > 0 && sentBytes < 2 * third.part10.length, 'one image crossed again');
  assert.deepEqual(center.pacs.log.toSorted(), [
    ...[first, second, third, third].map(({ sopInstanceUid }) => sopInstanceUid).toSorted(),
  ]);
  assert.equal(center.pacs.stored.size, 3);
  assert.equal(await carry(), 0);
  world.clock.advance(30 * dayMs);
  assert.equal((await keep(world)).purged, 3);
});

test('a restored center sees that its relay has a newer list of its own root, and changes nothing by itself', async (t) => {
  const { center } = await openRoad(t);
  const before = await center.keyList();
  await center.settle();
  const codes = async () => (await center.status()).alarms.map(({ code }) => code);
  assert.ok(!(await codes()).includes('RESTORED'));
  const put = (text: string) =>
    center.spool.agent.putPublic('center.keys', new TextEncoder().encode(text));
  const listed = (change: Partial<KeyList>) => signKeyList({ ...before, ...change }, keys.root);
  await put(listed({ list: before.list - 1 }));
  await center.settle();
  assert.ok(!(await codes()).includes('RESTORED'));
  await put(listed({ list: before.list + 4 }));
  await center.settle();
  assert.ok((await codes()).includes('RESTORED'));
  assert.equal((await center.keyList()).list, before.list);
  await put(listed({ phone: '+237 611 111 111' }));
  await center.settle();
  assert.ok((await codes()).includes('TWO-LISTS'));
  const stranger = centerOf('a stranger');
  await put(signKeyList({ ...stranger.keyList, list: 99 }, stranger.root));
  await center.settle();
  assert.ok(!(await codes()).some((code) => ['RESTORED', 'TWO-LISTS'].includes(code)));
});
