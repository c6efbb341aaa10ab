import type { PackId } from '../wire/pack-id.ts';
import type { Mailboxes } from './mailboxes.ts';
import { adopt, type RestorePorts, type StrayPack } from './restore.ts';
import type { Turns } from './turns.ts';

/** Packs that had to be left at the start: their sender may be rid of them, so they are taken up as soon as possible. */
export interface Strays {
  /** Tries again, when the last try is half a minute ago or `isNow`. */
  takeUp(isNow?: boolean): Promise<void>;
}

const everyMs = 30_000;

/** `onKept` is called when some of them lie in mailboxes now. */
export function createStrays(
  ports: RestorePorts & { readonly turns: Turns },
  left: readonly StrayPack[],
  onKept: () => void,
): Strays {
  const { store, clock, log, turns } = ports;
  const open = new Map<PackId, number>(left.map(({ packId, sizeBytes }) => [packId, sizeBytes]));
  let triedMs = clock.monotonicMs();

  async function takeUpOne(packId: PackId, sizeBytes: number): Promise<boolean> {
    const outcome = await adopt(ports, packId, sizeBytes);
    if (outcome === 'left') return false;
    if (outcome === 'remove') await store.removePack(packId);
    open.delete(packId);
    return outcome === 'adopted';
  }

  return {
    async takeUp(isNow = false) {
      if (open.size === 0 || (!isNow && clock.monotonicMs() - triedMs < everyMs)) return;
      triedMs = clock.monotonicMs();
      let adopted = 0;
      for (const [packId, sizeBytes] of [...open]) {
        if (await turns.run(`pack ${packId}`, () => takeUpOne(packId, sizeBytes))) adopted++;
      }
      if (adopted === 0) return;
      log.warn('relay/packs-reconciled', { adopted, removed: 0 });
      onKept();
    },
  };
}

/** Whoever looks into a mailbox, or listens, has the strays taken up that wait for it. */
export function withStrays(mailboxes: Mailboxes, strays: Strays): Mailboxes {
  return {
    ...mailboxes,
    async events(...request) {
      await strays.takeUp();
      return mailboxes.events(...request);
    },
    async *stream(...request) {
      await strays.takeUp();
      for await (const news of mailboxes.stream(...request)) {
        yield news;
        await strays.takeUp();
      }
    },
  };
}
