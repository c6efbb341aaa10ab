import type { Clock } from '#sync/core/clock.ts';
import { errorCode } from '#sync/core/error-code.ts';
import type { Log } from '#sync/core/log.ts';
import { waitFor } from '#sync/core/signals.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { clinicalSpoolThatEnds } from '#sync/wire/spool-broken.ts';
import type { Sequence } from '../ports-letters.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { Sealer } from '../ports-sealing.ts';
import { addressingOf, type CenterRules } from './addressing.ts';
import { createCodingRates } from './coding-level.ts';
import type { QuietTimes } from './complete.ts';
import { type CustodyPorts, custodyTurn, sweepTurn, tidySpool } from './custody.ts';
import { createIncoming, type IncomingPorts } from './incoming.ts';
import type { EpochStep } from './key-list-watch.ts';
import { type LedgerPorts, ledgerTurn } from './ledger.ts';
import { createPackGrowth } from './pack-growth.ts';
import { createReseal, type ResealPorts } from './reseal.ts';
import { type SealingConfig, type SealingPorts, sealingTurn } from './sealing.ts';
import { createBulkLane } from './sealing-bulk.ts';
import { createSealingClaims } from './sealing-claims.ts';
import { createSendingOrder } from './sending-order.ts';
import { createBoxSpool, noOtherSpools, type OtherSpools } from './spools.ts';
import { createUnconfirmed, type UnconfirmedPorts } from './unconfirmed.ts';
import { type WithdrawPorts, withdrawTurn } from './withdraw.ts';

export interface LetterWorkPorts
  extends Omit<
    SealingPorts,
    'sealer' | 'sequence' | 'codingRates' | 'catalog' | 'spool' | 'quiet' | 'clock' | 'onKept'
  > {
  readonly catalog: SealingPorts['catalog'] &
    ResealPorts['catalog'] &
    CustodyPorts['catalog'] &
    IncomingPorts['catalog'] &
    UnconfirmedPorts['catalog'] &
    LedgerPorts['catalog'] &
    WithdrawPorts['catalog'] &
    Parameters<typeof sweepTurn>[0]['catalog'];
  readonly files: IncomingPorts['files'];
  readonly acceptGrant: IncomingPorts['acceptGrant'];
  readonly noteHeard?: NonNullable<IncomingPorts['noteHeard']>;
  /** Of the first center. */
  readonly spool: ClinicalSpool;
  /** Of further centers; left out: there are none. */
  readonly otherSpools?: OtherSpools;
  readonly quiet: QuietTimes;
  readonly clock: Clock;
  readonly log: Log;
  /** Pairing as it is on the disk now; undefined before the box has keys. */
  readonly readPairing: () => Promise<Pairing | undefined>;
  /** Takes a newer key list that the agent brought; true when the pairing on the disk changed. */
  readonly adoptKeyList: (text: Uint8Array) => Promise<boolean>;
  /** What sealing needs of the box's own keys; asked once an identity. */
  readonly openSealing: (pairing: Pairing) => Promise<{
    readonly sealer: Sealer;
    readonly sequence: Sequence;
  }>;
  /** A way out of the clinical zone that a probe found; nothing is sent while there is one. */
  readonly zoneBreach: () => string | undefined;
  readonly onPairing: (pairing: Pairing | undefined) => void;
  /** Something that a screen shows has changed. */
  readonly onChange: () => void;
  readonly onBroken: (message: string) => void;
}

export interface LetterWork {
  /** Runs until `signal`; a fault of one turn is logged and the next turn tries again. */
  run(signal: AbortSignal): Promise<void>;
  /** Something came or changed: look at once. */
  wake(): void;
  /** What goes first has changed: the agent is told at once, whatever is being coded. */
  reorder(): Promise<void>;
  /** A person asks the agent to try now. */
  tryNow(): Promise<void>;
  /** Studies that are all at the relay and that the center did not confirm in time. */
  unconfirmedStudies(): number;
  /** Studies that should be sent again and that only a supervisor may send once more. */
  refusedResends(): ReadonlySet<string>;
  /** Files that the agent brought and that cannot be read. */
  unreadableArrivals(): number;
  /** Centers whose newest key list, which their letters name, does not come. */
  keyListsBehind(): number;
  /** The nearest end of an epoch, by the clocks of the centers. */
  epochStep(): EpochStep | undefined;
  /** What the agent says of all centers. */
  agentState(): Promise<AgentState | undefined>;
}

const pairingEveryMs = 2_000;
const afterFaultMs = 5_000;
/** A pack that somebody took out of the spool, or put into it, is noticed within this time. */
const tidyEveryMs = 10 * 60_000;

/**
 * All work on letters, turn by turn in one line, so that no two parts of it ever race: custody, what must be sealed
 * again, what arrived, what is to be sealed, the sending order. Only the coding of large packs runs beside it.
 */
export async function createLetterWork(
  outside: LetterWorkPorts,
  config: SealingConfig & CenterRules & { readonly confirmAfterMs: number },
): Promise<LetterWork> {
  const ending = (spool: ClinicalSpool): ClinicalSpool =>
    clinicalSpoolThatEnds(spool, ({ message }) => outside.onBroken(message));
  const others = outside.otherSpools ?? noOtherSpools;
  const spool = await createBoxSpool(ending(outside.spool), {
    ...others,
    open: async (name) => ending(await others.open(name)),
  });
  const ports = { ...outside, spool };
  const incoming = await createIncoming(ports);
  const reseal = createReseal(ports);
  const unconfirmed = createUnconfirmed(ports, config.confirmAfterMs);
  const shared = createShared();
  const order = createSendingOrder(ports);
  let pairing: Pairing | undefined;
  let pairingReadMs = Number.NEGATIVE_INFINITY;
  let waker = new AbortController();
  const bulk = createBulkLane(ports.clock, () => waker.abort());

  async function refreshPairing(): Promise<void> {
    if (ports.clock.monotonicMs() - pairingReadMs < pairingEveryMs) return;
    for (const brought of await spool.readKeyLists()) await ports.adoptKeyList(brought);
    pairing = await ports.readPairing();
    pairingReadMs = ports.clock.monotonicMs();
    ports.onPairing(pairing);
    const served = await spool.serve(pairing);
    if (!served.ok) ports.log.error('appliance/spool-refuses', { kind: served.fault.kind });
  }

  /** One turn; the answer is when to look again at the latest, milliseconds. */
  async function turn(): Promise<number> {
    await refreshPairing();
    // Before any letter: a receipt of the ledger before must not count.
    let changes = await ledgerTurn(ports, pairing);
    changes += (await custodyTurn(ports, pairing)) + (await reseal.turn(pairing));
    changes += await unconfirmed.turn(pairing);
    const unreadable = incoming.unreadable();
    if (pairing) changes += await incoming.turn(pairing);
    if (incoming.unreadable() !== unreadable) changes += 1;
    const addressing = addressingOf(pairing, config);
    let againInMs = afterFaultMs;
    if (pairing && addressing.open.length > 0 && ports.zoneBreach() === undefined) {
      const keys = await ports.openSealing(pairing);
      const sealing = { ...ports, ...keys, ...shared, onKept: order.kept };
      const sealed = await sealingTurn(sealing, config, addressing, 'prompt');
      // A first manifest makes a study one for the bulk lane.
      if (sealed.sealedBytes > 0) bulk.stir();
      const { againInMs: bulkInMs, sealedBytes } = bulk.turn(() =>
        sealingTurn(sealing, config, addressing, 'bulk'),
      );
      againInMs = Math.min(sealed.againInMs, bulkInMs);
      changes += sealed.sealedBytes + sealedBytes > 0 ? 1 : 0;
    }
    changes += await withdrawTurn(ports);
    await order.write();
    changes += await sweepTurn(ports);
    if (changes > 0) ports.onChange();
    return Math.min(againInMs, ports.quiet.nextQuietInMs() ?? againInMs);
  }

  async function turnOrFault(): Promise<number> {
    try {
      return await turn();
    } catch (cause) {
      turnFailed(cause);
      return afterFaultMs;
    }
  }

  function turnFailed(cause: unknown): void {
    const message = cause instanceof Error ? cause.message : String(cause);
    ports.log.error('appliance/turn-failed', { message });
    if (isDatabaseBroken(cause) || isDiskBroken(cause)) ports.onBroken(message);
  }

  return {
    wake: () => {
      bulk.stir();
      waker.abort();
    },
    reorder: order.write,
    tryNow: order.tryNow,
    unconfirmedStudies: unconfirmed.studies,
    refusedResends: unconfirmed.refusedResends,
    unreadableArrivals: incoming.unreadable,
    keyListsBehind: () => (pairing ? incoming.keyListsBehind(pairing) : 0),
    epochStep: () => pairing && incoming.epochStep(pairing),
    agentState: spool.agentState,
    run: async (signal) => {
      ports.spool.watch(() => {
        ports.onChange();
        bulk.stir();
        waker.abort();
      }, signal);
      let tidiedMs = Number.NEGATIVE_INFINITY;
      const tidy = async (): Promise<void> => {
        await tidySpool(ports);
        tidiedMs = ports.clock.monotonicMs();
      };
      try {
        while (!signal.aborted) {
          waker = new AbortController();
          if (ports.quiet.tellQuiet().length > 0) {
            ports.onChange();
            bulk.stir();
          }
          if (ports.clock.monotonicMs() - tidiedMs >= tidyEveryMs && bulk.isResting()) {
            await tidy().catch(turnFailed);
          }
          const againInMs = await turnOrFault();
          await waitFor(ports.clock, againInMs, signal, waker.signal);
        }
      } finally {
        await bulk.idle();
      }
    },
  };
}

/** What turns of sealing hand on. */
function createShared() {
  return {
    codingRates: createCodingRates(),
    claims: createSealingClaims(),
    growth: createPackGrowth(),
  };
}

/** A catalog error carries the fault of the database. */
function isDatabaseBroken(cause: unknown): boolean {
  const fault: unknown = cause instanceof Error ? cause.cause : undefined;
  if (typeof fault !== 'object' || fault === null || !('kind' in fault)) return false;
  return fault.kind === 'database/io' || fault.kind === 'database/corrupt';
}

/** An error of the system that says the disk itself fails, from a file of this program. */
function isDiskBroken(cause: unknown): boolean {
  return ['EIO', 'EROFS'].includes(errorCode(cause) ?? '');
}
