import { isoOf } from '../core/clock.ts';
import { refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';
import type { HeldReason } from './ports-store.ts';
import { quarantine } from './quarantine.ts';

const dayMs = 86_400_000;
const mebibyte = 2 ** 20;

/**
 * What is kept of boxes that no record of pairing names. Such a box was admitted once, or a relay would not have let it
 * write: the center lost its record. Nothing is lost by a bound, since a box keeps what is not delivered.
 */
const strangersAtMost = {
  bytesOfOne: 512 * mebibyte,
  bytes: 2048 * mebibyte,
  days: 45,
} as const;

type HoldPorts = Pick<CenterPorts, 'store' | 'clock' | 'log'>;

/** Packs that are kept sealed, and for what; of boxes that are not known here the oldest give way. */
export function createHolding(ports: HoldPorts, atMost: typeof strangersAtMost = strangersAtMost) {
  const { store, clock } = ports;
  let loading: Promise<Map<string, HeldReason>> | undefined;

  /** Packs from before reasons were kept have none. */
  function known(): Promise<Map<string, HeldReason>> {
    loading ??= store
      .heldReasons()
      .then((all) => new Map(all.map((reason) => [reason.packId, reason])));
    return loading;
  }

  async function drop(packId: string): Promise<void> {
    await store.dropHeld(packId);
    (await known()).delete(packId);
  }

  async function giveUp({ packId }: HeldReason): Promise<void> {
    const why = 'its box is not known here, and it waited for long or many packs did';
    await quarantine(ports, packId, refusalOf('center/given-up', why), undefined);
    await drop(packId);
  }

  /** Oldest first, until the rest fits. */
  async function makeRoom(held: readonly HeldReason[], roomBytes: number): Promise<void> {
    let sizeBytes = held.reduce((sum, each) => sum + each.sizeBytes, 0);
    for (const reason of held) {
      if (sizeBytes <= roomBytes) return;
      await giveUp(reason);
      sizeBytes -= reason.sizeBytes;
    }
  }

  async function strangers(signer?: string | null): Promise<readonly HeldReason[]> {
    return [...(await known()).values()].filter(
      (each) => each.why === 'unknown-box' && (signer === undefined || each.signer === signer),
    );
  }

  return {
    drop,
    /** Durable on return. The same again changes nothing. */
    keep: async (
      packId: string,
      bytes: Uint8Array,
      { why, signer }: Pick<HeldReason, 'why' | 'signer'>,
    ): Promise<void> => {
      const all = await known();
      if (all.get(packId)?.why === why) return;
      const reason = { packId, why, signer, sizeBytes: bytes.length, at: isoOf(clock.nowMs()) };
      if (why === 'unknown-box') {
        await makeRoom(await strangers(signer), atMost.bytesOfOne - bytes.length);
        await makeRoom(await strangers(), atMost.bytes - bytes.length);
      }
      await store.hold(reason, bytes);
      all.set(packId, reason);
    },
    /** Lets go of what no box was admitted for in all its days. */
    tidy: async (): Promise<void> => {
      const oldestMs = clock.nowMs() - atMost.days * dayMs;
      for (const reason of await strangers()) {
        if (Date.parse(reason.at) < oldestMs) await giveUp(reason);
      }
    },
  };
}

export type Holding = ReturnType<typeof createHolding>;
