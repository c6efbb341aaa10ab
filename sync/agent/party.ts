import { type Fault, fault } from '../core/fault.ts';
import { joinSignals } from '../core/signals.ts';
import type { SpoolFault } from '../wire/spool.ts';
import { agentSpoolThatEnds } from '../wire/spool-broken.ts';
import { type Board, createBoard } from './board.ts';
import { type ConnectionSetting, type Ending, serveConnection } from './connection.ts';
import { type Connection, pauseMs } from './context.ts';
import { enrolLoop } from './enrol.ts';
import type { Gate } from './gate.ts';
import type { Memory } from './memory.ts';
import type { AgentPorts } from './ports.ts';
import { publishElsewhere } from './publish-elsewhere.ts';
import { receiveElsewhere } from './receive-elsewhere.ts';
import type { Running } from './running.ts';
import { makeWay } from './send.ts';
import type { Sharing } from './sharing.ts';
import { together } from './together.ts';
import { untilEarlierWay, untilPeerChanges, wayAt, waysOf } from './ways.ts';

/** `agent.json` is written at most this often. */
const stateEveryMs = 1_000;
const journalEveryMs = 5_000;

/** One party's spool with the link that all parties share. */
export interface PartySetting {
  readonly sharing: Sharing;
  readonly journal: Memory;
  /** The disk of the spool is broken: the program starts again. */
  readonly onBroken: (cause: SpoolFault) => void;
  /** Loops that go with the party, over its board and its share of the link. */
  readonly beside?: (board: Board, gate: Gate) => readonly Promise<unknown>[];
}

/** Serves one party, whose mailbox and relays its spool names, until `signal`. */
export async function serveParty(
  outside: AgentPorts,
  { sharing, journal, onBroken, beside }: PartySetting,
  signal: AbortSignal,
): Promise<void> {
  const ports = { ...outside, spool: agentSpoolThatEnds(outside.spool, onBroken) };
  const board = createBoard(ports.clock, sharing.meter);
  const running = new Set<Running>();
  const { gate, valve, rivals, leave } = sharing.join(board, running);
  const over = new AbortController();
  const { signal: lifetime } = joinSignals(signal, over.signal);
  const look = createLook(ports, { board, clock: ports.clock, valve, running: rivals });
  // Watch before the first look: a change between the two must not wait for the next one.
  ports.spool.watch(() => void look().catch((cause) => onBroken(unreadable(cause))), lifetime);
  try {
    await look();
    await together(
      [
        superviseLoop(ports, { board, running, gate, valve, ...journal }, lifetime),
        ports.watchNetwork(() => board.link !== 'up' && board.wake.ring(), lifetime),
        publishElsewhere(ports, board, lifetime),
        receiveElsewhere(ports, { board, running, gate, valve, ...journal }, lifetime),
        enrolLoop(ports, board, lifetime),
        stateLoop(
          ports,
          { state: () => ({ ...board.state(), limits: gate.limits() }), bell: board.bell },
          onBroken,
          lifetime,
        ),
        journalLoop(ports, board, journal, lifetime),
        ...(beside?.(board, gate) ?? []),
      ],
      () => over.abort(),
    );
  } finally {
    over.abort();
    leave();
  }
  // Who reads it later must not take the last word of an agent that is gone for the state of the link.
  await ports.spool.writeState({ ...board.state(), link: 'unknown' });
  await saveJournal(board, journal);
}

/** What a new order may have to stop. */
interface Sending extends Pick<Connection, 'board' | 'clock' | 'valve'> {
  /** Uploads of all parties. */
  readonly running: () => ReadonlySet<Running>;
}

/** Looks at the spool; one look at a time, and one more when something changed meanwhile. */
function createLook(ports: AgentPorts, sending: Sending): () => Promise<void> {
  let isLooking = false;
  let isAsked = false;
  return async () => {
    isAsked = true;
    if (isLooking) return;
    isLooking = true;
    try {
      while (isAsked) {
        isAsked = false;
        await lookOnce(ports, sending);
      }
    } finally {
      isLooking = false;
    }
  };
}

async function lookOnce(ports: AgentPorts, sending: Sending): Promise<void> {
  const { board } = sending;
  const { spool } = ports;
  const order = await spool.readOrder();
  board.outgoing = await spool.outgoing();
  board.keepOnly(new Set(board.outgoing.map(({ packId }) => packId)));
  await spool.forgetCustody();
  if (order.ok) {
    const isWoken = order.value.wake !== board.order.wake;
    board.order = order.value;
    board.clear('order');
    if (isWoken) {
      board.forgetPauses();
      board.wake.ring();
    }
  } else if (order.fault.kind !== 'spool/missing') {
    board.fault('order', order.fault);
  }
  makeWay({ ...sending, running: sending.running() });
  board.bell.ring();
}

/**
 * Connects, and connects again: the relays in turn, with jittered pauses of a minute at most, and back to an earlier one
 * of the list when that is open again.
 */
async function superviseLoop(
  ports: AgentPorts,
  setting: Omit<ConnectionSetting, 'endpoint' | 'peer' | 'transport' | 'hasOthers'>,
  signal: AbortSignal,
): Promise<void> {
  const { board } = setting;
  const { log } = ports;
  let failures = 0;
  let turn = 0;
  while (!signal.aborted) {
    const woken = board.wake.count();
    const seen = board.bell.count();
    const peer = await ports.spool.readPeer();
    const transport = await ports.transportKey();
    if (!peer.ok || !transport.ok) {
      board.fault('pairing', notPaired(peer.ok ? undefined : peer.fault));
      board.link = 'unknown';
      await board.bell.after(seen, notPairedMs, signal);
      continue;
    }
    board.clear('pairing');
    const ways = waysOf(peer.value);
    turn = wayAt(ways, turn, board.trust);
    const endpoint = ways[turn];
    if (endpoint === undefined) continue;
    const hasOthers = ways.length > 1;
    const party = { peer: peer.value, transport: transport.value };
    const own = { ...setting, ...party, endpoint, hasOthers };
    const ending = await serveUntilMoved(ports, own, signal);
    if (signal.aborted) return;
    failures = ending.hadContact ? 1 : failures + 1;
    if (ending.fault === undefined) continue;
    turn++;
    board.link = 'down';
    board.fault('link', ending.fault);
    log.warn('agent/link-down', { reason: ending.fault.kind, failures });
    await board.wake.after(woken, pauseMs(ports, failures, ending.fault), signal);
    if (board.wake.count() !== woken) failures = 0;
  }

  /** Ends the connection without a fault when `peer.json` names other relays. */
  async function serveUntilMoved(
    all: AgentPorts,
    own: ConnectionSetting,
    stop: AbortSignal,
  ): Promise<Ending> {
    const moved = new AbortController();
    const over = new AbortController();
    const { signal: until } = joinSignals(stop, over.signal);
    const serving = joinSignals(stop, moved.signal);
    const watching = Promise.all([watchPeer(all, own, moved, until), comeBack(own, moved, until)]);
    try {
      return await serveConnection(all, own, serving.signal);
    } finally {
      over.abort();
      serving.release();
      await watching;
    }
  }

  async function comeBack(
    own: ConnectionSetting,
    moved: AbortController,
    until: AbortSignal,
  ): Promise<void> {
    const earlier = await untilEarlierWay(ports, own, waysOf(own.peer), turn, until);
    if (earlier === undefined) return;
    turn = earlier;
    moved.abort();
  }
}

async function watchPeer(
  { spool }: AgentPorts,
  { board, peer }: ConnectionSetting,
  moved: AbortController,
  signal: AbortSignal,
): Promise<void> {
  await untilPeerChanges(spool, board, peer, signal);
  moved.abort();
}

/** Without a peer or a key the agent waits: pairing may end any minute. */
const notPairedMs = 5_000;

function notPaired(cause: SpoolFault | undefined): Fault {
  return cause === undefined || cause.kind === 'spool/missing'
    ? fault('agent/not-paired', 'No relay is known yet', 'Pair this machine with a center', 'later')
    : cause;
}

async function stateLoop(
  { spool, clock }: AgentPorts,
  board: Pick<Board, 'state' | 'bell'>,
  onBroken: (cause: SpoolFault) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  let hasWritten = false;
  while (!signal.aborted) {
    const seen = board.bell.count();
    const state = board.state();
    if (JSON.stringify(state) !== last) {
      const written = await spool.writeState(state);
      if (written.ok) {
        last = JSON.stringify(state);
        hasWritten = true;
      } else if (hasWritten && written.fault.kind === 'spool/io') {
        return onBroken(written.fault);
      }
      // A spool that took nothing since the start is on a dying disk: what it holds is still sent.
      await clock.wait(stateEveryMs, signal);
    }
    await board.bell.after(seen, 10_000, signal);
  }
}

async function journalLoop(
  { clock }: AgentPorts,
  board: Board,
  journal: Memory,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.wait(journalEveryMs, signal);
    await saveJournal(board, journal);
  }
}

/** A journal that cannot be written costs bytes after the next start: no reason to stop sending now. */
async function saveJournal(board: Board, journal: Memory): Promise<void> {
  try {
    await journal.save();
    board.clear('journal');
  } catch (cause) {
    const message = 'Cannot write the journal of the agent';
    board.fault('journal', fault('agent/journal', message, 'Check the disk', 'later', cause));
  }
}

function unreadable(cause: unknown): SpoolFault {
  const message = 'Cannot read the folders of the spool';
  return fault('spool/io', message, 'Check the disk and the rights of the folders', 'later', cause);
}
