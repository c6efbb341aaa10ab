import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Delivery, OutgoingInstance } from '#sync/center/ports-delivery.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { outgoing } from '../support/outgoing.ts';
import { seededBytes } from '../support/pack-bytes.ts';

/** A destination and what it has. */
export interface DeliveryUnderTest {
  readonly delivery: Delivery;
  /** Digest of the dataset by SOP Instance UID, of what the destination counts as stored. */
  stored(): Promise<ReadonlyMap<string, string>>;
  /** Bytes of instances that reached the destination so far, of unfinished ones too. */
  arrivedBytes(): Promise<number>;
}

const pieceBytes = 256 * 1024;
const longBytes = 64 * 1024 * 1024;
const never = new AbortController().signal;

/**
 * What every way to a destination does. `mostOnTheWayBytes`: what it may have asked its source for and not handed over;
 * for a socket this holds the buffers of the system.
 */
export function deliveryContract(
  name: string,
  open: (t: TestContext) => Promise<DeliveryUnderTest>,
  mostOnTheWayBytes: number,
): void {
  const batch = [2, 255, pieceBytes, pieceBytes + 1, 2_000_002].map((sizeBytes, n) =>
    outgoing(`1.2.${n}`, seededBytes(`instance ${n}`, sizeBytes)),
  );
  const digestsOf = (instances: readonly OutgoingInstance[]) =>
    new Map(instances.map((each) => [each.sopInstanceUid, each.datasetSha256]));

  test(`${name}: instances arrive bit by bit, and may be handed over again`, async (t) => {
    const { delivery, stored } = await open(t);
    for (let n = 0; n < 2; n++) {
      const results = await delivery.deliver(batch, never);
      assert.ok(results.length === batch.length && results.every(({ ok }) => ok));
      assert.deepEqual(await stored(), digestsOf(batch));
    }
  });

  test(`${name}: the next one leaves when the one before is written down`, async (t) => {
    const { delivery, stored } = await open(t);
    const seen: string[] = [];
    await delivery.deliver(batch, never, async (index) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`${index} of ${(await stored()).size - 1}`);
    });
    assert.deepEqual(
      seen,
      batch.map((_, index) => `${index} of ${index}`),
    );
  });

  test(`${name}: one whose pieces break off is not stored, and is told`, async (t) => {
    const { delivery, stored } = await open(t);
    const [first, second, ...rest] = batch.slice(2);
    assert.ok(first && second);
    const noted: number[] = [];
    const broken = { ...second, dataset: () => breakingOff(), part10: () => breakingOff() };
    const results = await delivery.deliver([first, broken, ...rest], never, async (index) => {
      noted.push(index);
    });
    assert.deepEqual(
      results.slice(0, 2).map(({ ok }) => ok),
      [true, false],
    );
    const good = results.flatMap(({ ok }, index) => (ok ? [index] : []));
    assert.deepEqual(noted, good);
    const asked = [first, broken, ...rest].filter((_, index) => good.includes(index));
    assert.deepEqual(await stored(), digestsOf(asked));
    assert.ok((await delivery.deliver([second, ...rest], never)).every(({ ok }) => ok));
  });

  test(`${name}: a long instance is asked for as it is taken, never as a whole`, async (t) => {
    const { delivery, stored, arrivedBytes } = await open(t);
    let askedBytes = 0;
    let mostBytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(pieceBytes);
      for (let at = 0; at < longBytes; at += pieceBytes) {
        mostBytes = Math.max(mostBytes, askedBytes - (await arrivedBytes()));
        // Whoever kept the piece before has another one now.
        buffer.fill(at / pieceBytes);
        askedBytes += pieceBytes;
        yield buffer;
      }
    }
    const expected = datasetSha256(
      ...Array.from({ length: longBytes / pieceBytes }, (_, n) =>
        new Uint8Array(pieceBytes).fill(n),
      ),
    );
    const long = outgoing('1.2.99', new Uint8Array(2), { datasetSha256: expected });
    const instance: OutgoingInstance = {
      ...long,
      dataset: counted,
      async *part10() {
        for await (const piece of long.part10()) yield piece.subarray(0, -2);
        yield* counted();
      },
    };
    const [result] = await delivery.deliver([instance], never);
    assert.ok(result?.ok);
    assert.deepEqual(await stored(), digestsOf([instance]));
    assert.equal(askedBytes, longBytes);
    assert.ok(mostBytes <= mostOnTheWayBytes, `${mostBytes} bytes were on the way at once`);
  });

  test(`${name}: the signal ends it, also within an instance`, async (t) => {
    const { delivery, stored } = await open(t);
    const controller = new AbortController();
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 256; n++) {
        if (n === 8) controller.abort();
        yield new Uint8Array(pieceBytes);
      }
    }
    const instance = outgoing('1.2.98', new Uint8Array(2), { dataset: long, part10: long });
    const results = await delivery.deliver([instance, ...batch], controller.signal);
    assert.ok(results.length === batch.length + 1 && results.every(({ ok }) => !ok));
    assert.equal((await stored()).size, 0);
  });
}

async function* breakingOff(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(pieceBytes);
  throw new Error('a bad sector');
}
