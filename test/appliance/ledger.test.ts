import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addressingOf } from '#appliance/intake/addressing.ts';
import { ledgerNews, ledgerTurn } from '#appliance/intake/ledger.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import { sealingTurn } from '#appliance/intake/sealing.ts';
import { createUnconfirmed } from '#appliance/intake/unconfirmed.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import { hex } from '#sync/core/bytes.ts';
import { buildControlToClinic } from '#sync/letters/control.ts';
import type { BoxWorld, OpenedLetter } from '#test/support/box-world.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { dayMs, deedsOf, keep } from '#test/support/housekeeping.ts';
import { receiptFor, reportFor, seal, slices, studyUidOf } from '#test/support/road.ts';
import { shake } from '../sync/seal/shake-random.ts';

const study = slices(3);
const hourMs = 3_600_000;

/** The pairing with the first center's list under another number and ledger. */
function listedAs(world: BoxWorld, list: number, ledger: string): Pairing {
  const [first, ...others] = world.pairing.centers;
  assert.ok(first);
  const keyList = { ...first.keyList, list, ledger: shake(ledger, 16) };
  return { ...world.pairing, centers: [{ ...first, keyList }, ...others] };
}

async function send(world: BoxWorld): Promise<readonly OpenedLetter[]> {
  await world.seal();
  const letters = await world.lettersAtCenter();
  await world.giveCustody();
  await world.countCustody();
  return letters;
}

/** A study that the center signed for under list 3 of its first ledger. */
async function openDelivered(t: TestContext) {
  const world = await openBoxWorld(t, { hasTwoCenters: true });
  let unconfirmed = createUnconfirmed(world.parts().ports, 24 * hourMs);
  assert.equal(await ledgerTurn(world.parts().ports, listedAs(world, 3, 'one')), 0);
  const manifest = await seal(world, study);
  await send(world);
  const receipt = receiptFor(study, manifest.packId);
  await world.bring('receipt', receipt);
  assert.equal(await world.takeIn(), 1);
  return {
    ...world,
    world,
    manifest,
    ledger: (list: number, name: string) =>
      ledgerTurn(world.parts().ports, listedAs(world, list, name)),
    turn: () => {
      world.clock.advance(20_000);
      return unconfirmed.turn(world.pairing);
    },
    restart: async () => {
      await world.stop();
      await world.start();
      unconfirmed = createUnconfirmed(world.parts().ports, 24 * hourMs);
    },
    /** The center says what it lacks. */
    lack: async (version: number, instances: readonly string[]) => {
      const letter = {
        v: 1,
        register: 'please-resend',
        version,
        list: 4,
        study: studyUidOf(study),
      };
      const control = buildControlToClinic({
        ...{ ...letter, register: 'please-resend', v: 1, packs: [], reason: 'restored' },
        instances: [...instances],
      });
      await world.bring('control', control);
      assert.equal(await world.takeIn(), 1);
    },
  };
}

const states = async (world: BoxWorld): Promise<readonly string[]> =>
  (await world.folder().catalog.instances()).map(({ state }) => state);

function offersOf(letters: readonly OpenedLetter[]): readonly OpenedLetter[] {
  return letters.filter(
    ({ letter }) => letter.kind === 'manifest' && letter.manifest.meta.again === true,
  );
}

test('a ledger id is noted first, and a list that is not above the noted one says nothing', async (t) => {
  const { world, ledger } = await openDelivered(t);
  assert.deepEqual(await states(world), ['delivered', 'delivered', 'delivered']);
  assert.equal(await ledger(3, 'two'), 0, 'the same number');
  assert.equal(await ledger(2, 'two'), 0, 'a lower number');
  assert.equal(await ledger(4, 'one'), 0, 'the same ledger');
  assert.deepEqual(await states(world), ['delivered', 'delivered', 'delivered']);
  assert.deepEqual(await send(world), []);
  assert.equal(await ledger(5, 'two'), 1);
  assert.equal(await ledger(5, 'two'), 0, 'once');
  assert.equal(await ledger(4, 'one'), 0, 'a list of before, replayed');
  const known = (await world.folder().catalog.ledgers()).get(world.pairing.centers[0]?.root ?? '');
  assert.equal(known?.ledger, hex(shake('two', 16)));
  assert.deepEqual(ledgerNews([], new Map()), []);
});

test('what a center signed for before it was restored is offered by its list alone, and stays until it is confirmed again', async (t) => {
  const { world, ledger, manifest, clock } = await openDelivered(t);
  assert.equal(await ledger(4, 'two'), 1);
  assert.deepEqual(await states(world), ['packed', 'packed', 'packed']);
  clock.advance(40 * dayMs);
  assert.equal((await keep(world)).purged, 0);
  const letters = await send(world);
  assert.equal(letters.length, 1, 'no image crosses the link');
  const [offer] = offersOf(letters);
  assert.ok(offer?.letter.kind === 'manifest');
  assert.equal(offer.letter.manifest.instances?.length, 3);
  assert.equal(offer.letter.manifest.meta.version, 3);
  assert.deepEqual(await send(world), [], 'once');
  // A receipt of before, sealed again or replayed: it proves nothing of the ledger that is there now.
  await world.bring('receipt', receiptFor(study, manifest.packId, 3));
  assert.equal(await world.takeIn(), 1);
  await world.bring('receipt', receiptFor(study, offer.packId, 3));
  assert.equal(await world.takeIn(), 1);
  assert.deepEqual(await states(world), ['packed', 'packed', 'packed']);
  assert.deepEqual(await world.folder().catalog.quarantined(), []);
  assert.equal((await keep(world)).purged, 0);
  await world.bring('receipt', receiptFor(study, offer.packId, 4));
  assert.equal(await world.takeIn(), 1);
  assert.deepEqual(await states(world), ['delivered', 'delivered', 'delivered']);
  assert.equal((await world.folder().catalog.offers(manifestCenter(world))).offered, 0);
  clock.advance(30 * dayMs);
  assert.equal((await keep(world)).purged, 3);
});

test('a catalog made anew, and a start in between, say the same', async (t) => {
  const { world, ledger, restart } = await openDelivered(t);
  await ledger(4, 'two');
  await restart();
  assert.equal(await ledger(4, 'two'), 0);
  assert.deepEqual(await states(world), ['packed', 'packed', 'packed']);
  const [offer] = offersOf(await send(world));
  assert.ok(offer);
  for (const end of ['', '-wal', '-shm']) {
    await world.stop();
    await rm(join(world.dataDir, `catalog.db${end}`), { force: true });
    await world.start();
  }
  assert.deepEqual(await states(world), ['packed', 'packed', 'packed']);
  assert.equal(await ledger(4, 'two'), 0);
  assert.deepEqual(await send(world), [], 'it was offered');
  await world.bring('receipt', receiptFor(study, offer.packId, 4));
  await world.takeIn();
  assert.deepEqual(await states(world), ['delivered', 'delivered', 'delivered']);
});

test('an offer that is lost before custody is sealed again', async (t) => {
  const { world, ledger } = await openDelivered(t);
  await ledger(4, 'two');
  await world.seal();
  const [lost] = await world.folder().catalog.openPacks();
  assert.equal(lost?.class, 2);
  const atMs = world.clock.nowMs();
  await world
    .parts()
    .ports.recorder.record([
      { fact: 'dropped', atMs, packId: lost?.packId ?? '', reason: 'a test' },
    ]);
  assert.equal(offersOf(await send(world)).length, 1);
});

test('what the center lacks is sealed anew and nothing else, once for each letter', async (t) => {
  const { world, ledger, lack, turn, restart } = await openDelivered(t);
  const [first, second] = study;
  assert.ok(first && second);
  await lack(1, [first.datasetSha256]);
  assert.equal(await turn(), 0, 'nothing of it is unconfirmed: its ledger is the one that signed');
  await ledger(4, 'two');
  const [offer] = offersOf(await send(world));
  assert.ok(offer);
  await lack(2, [second.datasetSha256]);
  assert.ok((await turn()) > 0);
  const letters = await send(world);
  assert.equal(letters.length, 1, 'no other list');
  const [data] = letters;
  assert.ok(data?.letter.kind === 'data');
  assert.deepEqual(
    data.letter.data.instances.map(({ datasetSha256 }) => datasetSha256),
    [second.datasetSha256],
  );
  assert.equal(await turn(), 0);
  await restart();
  assert.equal(await turn(), 0, 'a register is no verb');
  await world.bring('receipt', receiptFor(study, offer.packId, 4));
  await world.takeIn();
  assert.deepEqual(await states(world), ['delivered', 'delivered', 'delivered']);
});

test('a center that lacks all of it says so by naming nothing', async (t) => {
  const { world, ledger, lack, turn } = await openDelivered(t);
  await ledger(4, 'two');
  await send(world);
  await lack(1, []);
  assert.ok((await turn()) > 0);
  const letters = await send(world);
  const sent = letters.flatMap(({ letter }) =>
    letter.kind === 'data' ? letter.data.instances : [],
  );
  assert.equal(sent.length, 3);
});

test('a center that was restored asks twice a study; a person may say more', async (t) => {
  const { world, ledger, lack, turn } = await openDelivered(t);
  await ledger(4, 'two');
  await send(world);
  for (const version of [1, 2]) {
    await lack(version, []);
    assert.ok((await turn()) > 0);
    await send(world);
  }
  await lack(3, []);
  assert.equal(await turn(), 0);
  const by = { by: 'TEST^ALPHA', reason: 'The center called' };
  assert.ok((await deedsOf(world).resend(studyUidOf(study), by)).ok);
  assert.ok((await turn()) > 0);
});

test('an offer without an answer is a hole of its list alone', async (t) => {
  const { world, ledger, turn } = await openDelivered(t);
  await ledger(4, 'two');
  await send(world);
  assert.equal(await turn(), 0);
  const other = slices(2, 9);
  const list = await seal(world, other);
  await send(world);
  world.clock.advance(25 * hourMs);
  await world.bring('receipt', receiptFor(other, list.packId, 4));
  await world.takeIn();
  assert.ok((await turn()) > 0);
  const letters = await send(world);
  assert.equal(letters.length, 1);
  assert.equal(offersOf(letters).length, 1);
});

test('studies are offered as far as the window of sealed bytes is open', async (t) => {
  const { world, ledger } = await openDelivered(t);
  await world.receive(slices(1, 7));
  world.clock.advance(2_000);
  await send(world);
  const narrow = { ...world.parts().ports };
  await ledger(4, 'two');
  const [newest, ...older] = await world.folder().catalog.sealingStudies();
  assert.equal(older.length, 1);
  assert.deepEqual(
    [newest, ...older].map((each) => each?.isOfferDue),
    [true, true],
  );
  const config = { packTargetBytes: 1_024, sealAheadBytes: 1, manifestIntervalMs: 1 };
  await sealingTurn(narrow, config, addressingOf(world.pairing, {}));
  assert.equal((await world.lettersAtCenter()).length, 1, 'a window that is full takes no more');
  assert.equal(offersOf(await send(world)).length, 2);
});

test('a study with its report keeps it; one that is purged is counted and nothing more', async (t) => {
  const { world, ledger, manifest } = await openDelivered(t);
  await world.bring('report', reportFor(study, manifest.packId));
  await world.takeIn();
  await ledger(4, 'two');
  const shown = async () => {
    const [record] = await world.folder().catalog.studies();
    assert.ok(record);
    const { state, isAskedAgain } = studyRow(record, {
      isReceiving: () => false,
      agent: undefined,
    });
    const [report] = record.reports;
    return { state, isAskedAgain, isOlder: report?.isOlderThanImages, refusal: report?.refusal };
  };
  const report = { state: 'report ready', isOlder: false, refusal: null };
  assert.deepEqual(await shown(), { ...report, isAskedAgain: true });
  const [offer] = offersOf(await send(world));
  assert.deepEqual(await shown(), { ...report, isAskedAgain: true }, 'with a list behind it');
  await world.bring('receipt', receiptFor(study, offer?.packId ?? '', 4));
  await world.takeIn();
  assert.deepEqual(await shown(), { ...report, isAskedAgain: undefined });
  world.clock.advance(40 * dayMs);
  assert.equal((await keep(world)).purged, 3);
  assert.equal(await ledger(5, 'three'), 1);
  assert.deepEqual(await world.folder().catalog.offers(manifestCenter(world)), {
    offered: 0,
    gone: 1,
  });
  assert.deepEqual(await send(world), []);
});

function manifestCenter(world: BoxWorld): string {
  return world.pairing.centers[0]?.root ?? '';
}
