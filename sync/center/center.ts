import { createBell } from '../core/bell.ts';
import { hex } from '../core/bytes.ts';
import type { PackId } from '../wire/pack-id.ts';
import { createAnswering } from './answer.ts';
import { keepOutgoing } from './custody.ts';
import { createDelivering } from './deliver.ts';
import { takeRequests } from './enrolling.ts';
import { createEpochGone } from './epoch-gone.ts';
import { createEpochNotes } from './epoch-notes.ts';
import { createHolding } from './holding.ts';
import { runLoops } from './loops.ts';
import type { CenterPorts } from './ports.ts';
import type { DiskFault } from './ports-disk.ts';
import type { Party } from './ports-party.ts';
import { createPublishing } from './publishing.ts';
import { rebuildLedger, resolveSending } from './rebuild.ts';
import { createReporting } from './reporting.ts';
import { type AskedByPerson, createResends } from './resends.ts';
import { createRestoredWatch } from './restored.ts';
import { type CenterStatus, type CenterStudies, statusOf } from './status.ts';
import { createTaking } from './take.ts';

/** What the center needs of its config. */
export interface CenterSettings {
  readonly zones: 'enforced' | 'off';
  /** Named in receipts, at most 64 characters: the AE title of the PACS, or the folder. */
  readonly destination: string;
  readonly reader: { readonly name: string; readonly registerNo: string };
}

export interface Center {
  /** Rebuilds a lost ledger and finds what a crash left under way. Once; `run` does it when nobody did. */
  recover(): Promise<void>;
  /** Works until `signal` aborts (undefined) or the disk fails for good (its fault: exit 75). */
  run(signal: AbortSignal): Promise<DiskFault | undefined>;
  /** One round of everything, for tests and tools: takes, delivers once, answers. */
  round(signal: AbortSignal): Promise<void>;
  status(): Promise<CenterStatus>;
  studies(limit: number): Promise<CenterStudies>;
  /** Asks the box of a study for what is not delivered of it, in a person's name. */
  askAgain(studyInstanceUid: string, by: string, reason: string): Promise<AskedByPerson>;
}

/** The longest a loop sleeps when no event wakes it. */
const idleMs = 5_000;
/** Most studies in one answer of the API. */
export const maxStudies = 1_000;

/**
 * Wires the decisions of the center over its ports. Three loops share the ledger: one takes packs in, one delivers,
 * one answers; each wakes the next, and none waits for another.
 */
export function createCenter(ports: CenterPorts, settings: CenterSettings): Center {
  const { spool, ledger, door, clock, log } = ports;
  const resends = createResends(ports);
  const holding = createHolding(ports);
  const gone = createEpochGone(ports.store, ports.random);
  const taking = createTaking(ports, { ...resends, gone, holding });
  const delivering = createDelivering(ports, settings.destination, resends);
  const answering = createAnswering(ports, settings.destination, resends, gone);
  const reporting = createReporting(ports, settings.reader);
  const publish = createPublishing(ports);
  const restored = createRestoredWatch(ports);
  const noteEpoch = createEpochNotes(log);
  const takeBell = createBell(clock);
  const deliverBell = createBell(clock);
  const answerBell = createBell(clock);
  let party: Party | undefined;
  let diskFault: string | undefined;
  let heldUnder: string | undefined;

  async function refreshParty(): Promise<Party | undefined> {
    const read = await ports.readParty();
    if (read.ok) party = noteEpoch(read.value);
    else log.error('center/keys', { code: read.fault.kind, reason: read.fault.message });
    return party;
  }

  /** Held packs are large: they are opened again only when a ticket or a key changed, and once a day. */
  async function lookAtHeld(now: Party): Promise<void> {
    const standing = standingOf(now, clock.nowMs());
    if (standing === heldUnder) return;
    if ((await taking.held(now)) > 0) deliverBell.ring();
    heldUnder = standing;
  }

  async function takeTurn(signal: AbortSignal): Promise<number> {
    const now = await refreshParty();
    if (now === undefined) return idleMs;
    await restored.look(now);
    await publish(now, await ledger.outgoing());
    await lookAtHeld(now);
    const requests: PackId[] = [];
    for (const packId of await spool.arrivedPacks()) {
      if (signal.aborted) return 0;
      if ((await taking.arrived(packId, now)) === 'request') requests.push(packId);
      deliverBell.ring();
      answerBell.ring();
    }
    // The next turn reads the tickets anew, and admits the box.
    if (await takeRequests(ports, requests, now)) takeBell.ring();
    await spool.forgetTaken();
    return idleMs;
  }

  /** A turn that a full disk broke off leaves rows `sending`, as a crash does. */
  let isBrokenOff = false;

  async function deliverTurn(signal: AbortSignal): Promise<number> {
    if (isBrokenOff) await resolveSending(ports);
    isBrokenOff = true;
    const pauseMs = await delivering.turn(signal);
    isBrokenOff = false;
    if (pauseMs === 0 || pauseMs === undefined) answerBell.ring();
    return pauseMs ?? idleMs;
  }

  async function answerTurn(): Promise<number> {
    if (party === undefined) return idleMs;
    await keepOutgoing(ports, party);
    const kept = await reporting.collect();
    const hasMore = await answering.answer(party);
    await answering.publishOrder();
    await reporting.clear(kept);
    return hasMore ? 0 : idleMs;
  }

  const recover = once(() => rebuildLedger(ports).then(() => resolveSending(ports)));

  return {
    recover,
    run: (signal) =>
      runLoops(
        [
          { turn: takeTurn, bell: takeBell },
          { turn: deliverTurn, bell: deliverBell },
          { turn: answerTurn, bell: answerBell },
        ],
        {
          clock,
          log,
          start: async (inner) => {
            await recover();
            spool.watch(takeBell.ring, inner);
            spool.watch(answerBell.ring, inner);
            door.watch(answerBell.ring, inner);
          },
          onDisk: (fault) => {
            diskFault = fault?.message;
          },
        },
        signal,
      ),
    round: async (signal) => {
      await takeTurn(signal);
      await deliverTurn(signal);
      await answerTurn();
    },
    status: async () =>
      statusOf({
        ...(await factsOf(ports)),
        ...{ party, diskFault, zones: settings.zones },
        destinationName: settings.destination,
        destination: delivering.state(),
        resends: await resends.states(),
        otherList: restored.found(),
      }),
    studies: async (limit) => ({ studies: await ledger.studies(limit) }),
    askAgain: (...asked) => resends.ask(...asked).finally(answerBell.ring),
  };
}

/** What the status takes from the ports. */
async function factsOf({ spool, ledger, store, clock }: CenterPorts) {
  return {
    agent: await spool.agentState(),
    counts: await ledger.counts(),
    held: await store.heldReasons(),
    heldPacks: (await store.held()).length,
    quarantine: await store.quarantined(20),
    nowMs: clock.nowMs(),
  };
}

/** What decides about held packs: records of boxes, keys that are here or gone, and the day. */
function standingOf({ tickets, secrets, keyList }: Party, nowMs: number): string {
  const day = Math.floor(nowMs / 86_400_000);
  return JSON.stringify([tickets, secrets.map(({ kid }) => hex(kid)), keyList.list, day]);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
