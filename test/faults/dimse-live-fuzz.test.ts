import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { encodeRelease } from '#sync/dimse/pdu.ts';
import { diceOf } from '../support/dice.ts';
import {
  associateRequest,
  dataOfSeveral,
  datasetPdus,
  echoCommand,
  storeCommand,
} from '../support/dimse-peer.ts';
import { mutateBytes } from '../support/mutate.ts';
import { syntheticSlice } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { datasetOf, openLiveDoor, promptMs, storeOf } from './door.ts';

/** A long run on demand: `OUTPOST_FUZZ_SEED=$RANDOM OUTPOST_FUZZ_ROUNDS=200`. */
const seed = process.env['OUTPOST_FUZZ_SEED'] ?? '1';
const rounds = 200 * Math.max(1, Number(process.env['OUTPOST_FUZZ_ROUNDS'] ?? 1) || 1);
/** Mutants under way at a time: fewer than the door takes from one address. */
const atOnce = 6;

/** Legal bytes around those that are mutated. */
interface Place {
  readonly before: readonly Uint8Array[];
  readonly mutated: Uint8Array;
  readonly behind: readonly Uint8Array[];
}

test('mutants of associations, PDVs, command sets and datasets do not harm a live box', async (t) => {
  t.diagnostic(`OUTPOST_FUZZ_SEED=${seed}, ${rounds} mutants`);
  const door = await openLiveDoor(t, {
    ...{ associationTimeoutMs: 1_000, pduTimeoutMs: 1_000, messageTimeoutMs: 1_000 },
    ...{ idleTimeoutMs: 1_000 },
  });
  const slice = syntheticSlice({ seed: 7, slices: 2, rows: 32 }, 0);
  const dataset = datasetOf(slice);
  const { sopInstanceUid } = slice.attributes;
  const command = storeCommand(sopInstanceUid);
  /** What is mutated, with the legal bytes before and behind it. */
  const places: readonly [Place, ...Place[]] = [
    { before: [], mutated: associateRequest(), behind: [echoCommand(), storeOf(slice)] },
    { before: [], mutated: concat(associateRequest(), echoCommand(), storeOf(slice)), behind: [] },
    { before: [associateRequest()], mutated: command, behind: [datasetPdus(dataset)] },
    { before: [associateRequest(), command], mutated: datasetPdus(dataset), behind: [] },
    {
      before: [associateRequest(), command],
      mutated: dataOfSeveral([3, 0, dataset.subarray(0, 900)], [3, 2, dataset.subarray(900)]),
      behind: [],
    },
  ];
  const samples = places.map(({ mutated }) => mutated);

  async function once(round: number): Promise<void> {
    const dice = diceOf(`${seed} live ${round}`);
    const { before, mutated, behind } = dice.pick(places);
    const mutant = mutateBytes(dice, mutated, samples);
    const peer = await door.connect(1 + (round % atOnce));
    peer.send(...before, mutant, ...behind, encodeRelease('request'));
    peer.socket.end();
    while ((await peer.receive()) !== 'closed');
    peer.close();
  }

  await door.echoMs();
  const before = await door.sockets();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < rounds) {
      const round = next++;
      try {
        await once(round);
        if (round % 50 === 0) assert.ok((await door.echoMs()) < promptMs);
      } catch (cause) {
        throw new Error(`Round ${round} with OUTPOST_FUZZ_SEED=${seed}`, { cause });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  // What it took meanwhile is stored as it came; and the legal object still goes in.
  const peer = await door.open();
  peer.send(storeOf(slice));
  assert.equal((await peer.response()).status, 0);
  peer.close();
  await until('the legal object', 60_000, async () =>
    (await door.box.instances()).some(({ datasetSha256 }) => datasetSha256 === slice.datasetSha256)
      ? true
      : undefined,
  );
  await door.settled(before);
});
