import assert from 'node:assert/strict';
import { test } from 'node:test';
import { custodyTurn } from '#appliance/intake/custody.ts';
import type { Center, Pairing } from '#appliance/ports-pairing.ts';
import type { OpenPack } from '#appliance/ports-waiting.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';
import { signCustody } from '#sync/seal/custody.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';

const relayKey = signingKeyOf(new Uint8Array(32).fill(5));
const pairing = {
  centers: [
    { root: '', keyList: { relays: [{ receipt: relayKey.publicKey }] } } as unknown as Center,
  ],
} as unknown as Pairing;

const idAt = (index: number): PackId => {
  const id = parsePackId(index.toString(16).padStart(64, '0'));
  assert.ok(id);
  return id;
};

/** What a relay signs, for several packs at once as it does. */
function receiptsOf(ids: readonly PackId[]): ReadonlyMap<PackId, string> {
  const receipts = new Map<PackId, string>();
  for (let from = 0; from < ids.length; from += 50) {
    const some = ids.slice(from, from + 50);
    const packs = some.map((packId) => ({ packId, sizeBytes: 9 }));
    const custody = { relay: 'relay-1', at: '2026-01-15T12:00:00.000Z', packs };
    const text = signCustody(relayKey, custody);
    for (const packId of some) receipts.set(packId, text);
  }
  return receipts;
}

/** A spool with `junk` receipts that no relay signed, before `good` ones. */
function world(junk: number, good: number, isFull = false) {
  const ids = Array.from({ length: junk + good }, (_, index) => idAt(index));
  const open = ids.map(
    (packId) =>
      ({
        packId,
        center: '',
        class: 2,
        group: '',
        study: null,
        isLetter: false,
        waitingSinceMs: 0,
        sizeBytes: 9,
      }) satisfies OpenPack,
  );
  const recorded: (readonly BoxFact[])[] = [];
  const removed: PackId[] = [];
  const signed = receiptsOf(ids.slice(junk));
  const receiptOf = (packId: PackId) => new TextEncoder().encode(signed.get(packId) ?? 'junk');
  const ports = {
    catalog: { openPacks: async () => open },
    recorder: {
      record: async (facts: readonly BoxFact[]) => {
        recorded.push(facts);
        return isFull
          ? fail({ kind: 'store/full', message: 'Full', next: 'Wait', retry: 'later' } as const)
          : ok(undefined);
      },
    },
    spool: {
      custodyPacks: async () => ids,
      custodyReceipt: async (packId: PackId) => receiptOf(packId),
      sentPacks: async () => ids,
      removeSent: async (packId: PackId) => void removed.push(packId),
    },
    clock: { nowMs: () => 0 },
    log: silentLog,
  };
  return { turn: () => custodyTurn(ports, pairing), recorded, removed };
}

test('receipts that nobody signed keep none of those behind them from being counted', async () => {
  const { turn, removed } = world(600, 3);
  assert.equal(await turn(), 3);
  assert.deepEqual(removed, [600, 601, 602].map(idAt));
});

test('receipts of a long cut are recorded in batches', async () => {
  const { turn, recorded, removed } = world(0, 501);
  assert.equal(await turn(), 501);
  assert.deepEqual(
    recorded.map(({ length }) => length),
    [500, 1],
  );
  assert.equal(removed.length, 501);
});

test('a pack stays in the spool when its custody could not be recorded', async () => {
  const { turn, removed } = world(0, 2, true);
  assert.equal(await turn(), 0);
  assert.deepEqual(removed, []);
});
