import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Failpoint, watchPassages } from '#sync/core/failpoint.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { type Dice, diceOf } from '#test/support/dice.ts';
import { dayMs, deedsOf, housekeepingPorts, keep, withdraw } from '#test/support/housekeeping.ts';
import { receiptFor, snapshot } from '#test/support/road.ts';
import { type SyntheticInstance, syntheticStudy } from '#test/support/synthetic-ct.ts';

const rounds = Number(process.env['OUTPOST_PURGE_ROUNDS'] ?? 3);
const seed = Number(process.env['OUTPOST_PURGE_SEED'] ?? 1 + (Date.now() % 1_000_000));
const keepDays = 30;

/** Where a turn of housekeeping is broken off, as a kill would. */
const places: readonly Failpoint[] = [
  ...(['copied', 'decided', 'removed', 'durable'] as const).map(
    (step) => `segment-reclaim/${step}` as const,
  ),
  'facts/durable',
  'catalog/applied',
];

/** What the test knows by itself of one instance: the ledger that the box is held against. */
interface Owed {
  readonly instance: SyntheticInstance;
  /** The receipt counted, and when the bytes or the receipt came last. */
  deliveredMs: number | undefined;
  arrivedMs: number;
  isDiscarded: boolean;
  /** Was purged already: a pin keeps only what is here. */
  isGone: boolean;
}

test('whatever happens, no byte leaves without receipt and age, or two people', async (t) => {
  t.diagnostic(`OUTPOST_PURGE_SEED=${seed}`);
  for (let round = 0; round < rounds; round++) await playRound(t, `${seed + round}`);
});

async function playRound(t: TestContext, name: string): Promise<void> {
  const dice = diceOf(name);
  const box = await openBoxWorld(t, { segmentSizeBytes: dice.pick([4_096, 20_000, 200_000]) });
  const ledger = new Map<string, Owed>();
  const pinned = new Set<string>();
  const manifests = new Map<string, string>();
  const center = { list: 3, stale: new Map<string, string>() };
  await nameLedger(box, center.list);
  for (let step = 0; step < 30; step++) {
    const act = dice.pick(acts);
    await act({ box, dice, ledger, pinned, manifests, center });
    await assertNothingLost(box, ledger, pinned, `round ${name}, step ${step}, ${act.name}`);
  }
  const before = await snapshot(box);
  await rebuild({ box });
  assert.deepEqual(await snapshot(box), before, `round ${name}: a rebuild differs`);
  await assertNothingLost(box, ledger, pinned, `round ${name}, rebuilt`);
}

interface Scene {
  readonly box: BoxWorld;
  readonly dice: Dice;
  readonly ledger: Map<string, Owed>;
  readonly pinned: Set<string>;
  readonly manifests: Map<string, string>;
  /** The number of its newest key list, and lists that a center of before its restore answers. */
  readonly center: { list: number; readonly stale: Map<string, string> };
}

const who = (by: string) => ({ by, reason: 'fuzz' });
const studyOf = (dice: Dice) => syntheticStudy({ seed: 1 + dice.below(4), slices: 4, rows: 16 });
const uidOf = (study: readonly SyntheticInstance[]) => study[0]?.attributes.studyInstanceUid ?? '';

/** Some images of a study come, new ones or the same again. */
async function arrive({ box, dice, ledger }: Scene): Promise<void> {
  const study = studyOf(dice);
  const some = study.filter(() => dice.below(2) === 0);
  const statuses = await box.receive(some);
  for (const [index, instance] of some.entries()) {
    if (statuses[index] !== 0) continue;
    const known = ledger.get(instance.datasetSha256);
    const arrivedMs = box.clock.nowMs();
    if (!known || known.isDiscarded) {
      const owed = { instance, deliveredMs: undefined, arrivedMs };
      ledger.set(instance.datasetSha256, { ...owed, isDiscarded: false, isGone: false });
    } else if (known.isGone) {
      Object.assign(known, { arrivedMs, isGone: false });
    }
  }
}

async function send({ box, manifests }: Scene): Promise<void> {
  box.clock.advance(3_000);
  await box.seal();
  await withdraw(box);
  for (const { packId, letter } of await box.lettersAtCenter()) {
    if (letter.kind === 'manifest' && letter.manifest.instances) {
      manifests.set(letter.manifest.meta.study, packId);
    }
  }
  await box.giveCustody();
  await box.countCustody();
}

/** The center signs for what its newest list names; sometimes for a part of it. */
async function confirm({ box, dice, ledger, manifests, center }: Scene): Promise<void> {
  const study = studyOf(dice);
  const manifest = manifests.get(uidOf(study));
  const list = manifest && (await box.folder().catalog.manifest(manifest))?.listedDigests;
  if (!manifest || !list) return;
  const listed = study.filter(({ datasetSha256 }) => list.has(datasetSha256));
  const some = listed.filter(() => dice.below(4) > 0);
  if (some.length === 0) return;
  await box.bring('receipt', receiptFor(some, manifest, center.list));
  await box.takeIn();
  for (const { datasetSha256 } of some) {
    const owed = ledger.get(datasetSha256);
    if (owed) owed.deliveredMs ??= box.clock.nowMs();
  }
}

/** The center is put back from a backup: nothing that it signed for counts any more. */
async function putBack({ box, ledger, manifests, center }: Scene): Promise<void> {
  center.list += 1;
  await nameLedger(box, center.list);
  for (const owed of ledger.values()) if (!owed.isGone) owed.deliveredMs = undefined;
  for (const [study, packId] of manifests) center.stale.set(study, packId);
  manifests.clear();
}

/** A receipt of before the restore comes late, or one of after it for a list of before. */
async function confirmStale({ box, dice, center }: Scene): Promise<void> {
  const study = studyOf(dice);
  const manifest = center.stale.get(uidOf(study));
  if (!manifest) return;
  await box.bring('receipt', receiptFor(study, manifest, center.list - dice.below(2)));
  await box.takeIn();
}

async function nameLedger(box: BoxWorld, list: number): Promise<void> {
  const [center] = box.pairing.centers;
  assert.ok(center);
  const ledger = list.toString(16).padStart(32, '0');
  const fact = {
    fact: 'ledger',
    atMs: box.clock.nowMs(),
    center: center.root,
    ledger,
    list,
  } as const;
  await box.parts().ports.recorder.record([fact]);
}

async function wait({ box, dice }: Scene): Promise<void> {
  box.clock.advance(dice.pick([1, 7, 20, 31, 400]) * dayMs);
}

async function keepHouse({ box, dice }: Scene): Promise<void> {
  const at = dice.pick([...places, undefined, undefined]);
  let left = dice.below(3);
  watchPassages((name) => {
    if (name === at && left-- <= 0) throw new Error('killed');
  });
  let isKilled = false;
  try {
    await keep(box);
  } catch (cause) {
    isKilled = true;
    assert.match(String(cause), /killed/);
  } finally {
    watchPassages(() => undefined);
  }
  if (isKilled || at === 'facts/durable' || box.broken.length > 0) await restart({ box });
}

async function pin({ box, dice, pinned }: Scene): Promise<void> {
  const study = uidOf(studyOf(dice));
  const isPinned = dice.below(2) === 0;
  const done = await deedsOf(box).pin(study, isPinned, who('A'));
  if (!done.ok) return;
  if (isPinned) pinned.add(study);
  else pinned.delete(study);
}

async function reject({ box, dice }: Scene): Promise<void> {
  const study = studyOf(dice);
  const some = study.filter(() => dice.below(2) === 0);
  const uids = some.map(({ sopInstanceUid }) => sopInstanceUid);
  await deedsOf(box).reject(uidOf(study), who('A'), uids);
  await withdraw(box);
}

async function restore({ box, dice }: Scene): Promise<void> {
  await deedsOf(box).restore(uidOf(studyOf(dice)), who('A'));
}

async function discard({ box, dice, ledger }: Scene): Promise<void> {
  const study = studyOf(dice);
  const rejected = new Set(
    (await box.folder().housekeeping.instancesOf(uidOf(study)))
      .filter(({ state }) => state === 'rejected')
      .map(({ datasetSha256 }) => datasetSha256),
  );
  const done = await deedsOf(box).discard(uidOf(study), who(dice.pick(['A', 'B'])));
  if (!done.ok || done.value.did !== 'discarded') return;
  for (const digest of rejected) {
    const owed = ledger.get(digest);
    if (owed) owed.isDiscarded = true;
  }
}

async function restart({ box }: Pick<Scene, 'box'>): Promise<void> {
  await box.stop();
  await box.start();
  box.broken.length = 0;
}

async function rebuild({ box }: Pick<Scene, 'box'>): Promise<void> {
  await box.stop();
  await rm(join(box.dataDir, 'catalog.db'));
  await box.start();
}

const acts = [
  ...[arrive, arrive, send, send, confirm, confirm, wait, wait, keepHouse, keepHouse, keepHouse],
  ...[pin, reject, restore, discard, restart, rebuild, putBack, confirmStale],
] as const;

/** Every image of the ledger is here whole, unless its receipt and its age let it go, or two people did. */
async function assertNothingLost(
  box: BoxWorld,
  ledger: ReadonlyMap<string, Owed>,
  pinned: ReadonlySet<string>,
  where: string,
): Promise<void> {
  const placed = new Map(
    (await box.folder().housekeeping.placed(undefined, 10_000)).map((each) => [
      each.datasetSha256,
      each,
    ]),
  );
  const { objects } = housekeepingPorts(box);
  for (const [digest, owed] of ledger) {
    if (owed.isDiscarded) continue;
    const found = placed.get(digest);
    if (found) {
      assert.ok(await objects.isIntact(found), `${where}: bytes changed`);
      continue;
    }
    assert.ok(owed.deliveredMs !== undefined, `${where}: undelivered and gone`);
    const ageMs = box.clock.nowMs() - Math.max(owed.deliveredMs, owed.arrivedMs);
    assert.ok(ageMs >= keepDays * dayMs, `${where}: gone before its time`);
    const study = owed.instance.attributes.studyInstanceUid ?? '';
    assert.ok(!pinned.has(study) || owed.isGone, `${where}: gone although pinned`);
    owed.isGone = true;
  }
}
