import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { SendingClass } from '#sync/wire/order.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { OpenPack } from '../ports-waiting.ts';
import { inSendingOrder, orderOf } from './order.ts';
import type { BoxSpool } from './spools.ts';

export interface SendingOrderPorts {
  readonly catalog: Pick<Catalog, 'openPacks' | 'unwantedPacks'>;
  readonly spool: Pick<BoxSpool, 'writeOrder'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
  /** A way out of the clinical zone that a probe found; nothing is sent while there is one. */
  readonly zoneBreach: () => string | undefined;
}

/** Tells the agent what to send. Calls may overlap: one at a time is written, each with what the catalog says then. */
export interface SendingOrder {
  /** Writes the order when it is another one than the agent has. */
  write(): Promise<void>;
  /**
   * A pack was kept, so that the link starts while others are still coded. STAT, reports and receipts are told at
   * once; of other packs one that comes soon after a write waits for the next one, or for `write`.
   */
  kept(sendingClass: SendingClass): Promise<void>;
  /** A person asks the agent to try now, whatever its pause says. */
  tryNow(): Promise<void>;
}

/** Telling of packs one by one takes at most one part in so many of the time: the order names all that is open. */
const partOfTime = 10;

export function createSendingOrder(ports: SendingOrderPorts): SendingOrder {
  let wake = 0;
  let written = '';
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let last: Promise<void> = Promise.resolve();

  /** What a person rejected while its pack was coded is never named; the next withdrawal removes it. */
  async function sendablePacks(): Promise<readonly OpenPack[]> {
    if (ports.zoneBreach() !== undefined) return [];
    const unwanted = new Set(await ports.catalog.unwantedPacks());
    const open = (await ports.catalog.openPacks()).filter(({ packId }) => !unwanted.has(packId));
    return inSendingOrder(open, ports.clock.nowMs());
  }

  async function writeNow(): Promise<void> {
    const startedMs = ports.clock.monotonicMs();
    const packs = await sendablePacks();
    const order = orderOf(packs, wake);
    const text = JSON.stringify(order);
    if (text === written) return;
    const outcome = await ports.spool.writeOrder(
      order,
      new Map(packs.map(({ packId, center }) => [packId, center])),
    );
    if (outcome.ok) written = text;
    else ports.log.error('appliance/spool-refuses', { kind: outcome.fault.kind });
    const nowMs = ports.clock.monotonicMs();
    quietUntilMs = nowMs + partOfTime * (nowMs - startedMs);
  }

  function write(): Promise<void> {
    const mine = last.then(writeNow);
    last = mine.catch(() => undefined);
    return mine;
  }

  return {
    write,
    tryNow: () => {
      wake++;
      return write();
    },
    kept: async (sendingClass) => {
      if (sendingClass > 1 && ports.clock.monotonicMs() < quietUntilMs) return;
      await write();
    },
  };
}
