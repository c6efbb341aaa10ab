import { fromBase64url, hex } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sha256 } from '../seal/sha256.ts';
import type { EnrolmentAsk } from '../wire/enrolment.ts';
import { enrolSizeBytes } from '../wire/limits.ts';
import { parsePackId } from '../wire/pack-id.ts';
import { longestWaitS, routePrefix } from '../wire/routes.ts';
import type { Board } from './board.ts';
import { type CallFault, callFaultOf } from './call.ts';
import { smallDeadlineMs } from './caller.ts';
import { pauseMs } from './context.ts';
import type { AgentPorts, Endpoint, Link } from './ports.ts';

/** A box that is admitted asks so rarely, and only while no relay gives it a session: it may have been revoked. */
const admittedEveryMs = 600_000;
const idleMs = 60_000;

/** A relay may lose what it was told, with its disk; one that still has the request takes no notice. */
const toldAgainMs = 3_600_000;

/** What a relay said to a ticket so far: in memory, since every question may be asked again. */
interface Asked {
  /** When each relay took the request, by relay id, monotonic. */
  readonly toldAtMs: Map<string, number>;
  /** The grant that went to the clinical side last. */
  grant: string;
  failures: number;
  notBeforeMs: number;
}

/**
 * Brings requests of pairing to the relays that the center's key list names, and waits there for the grants, without
 * a session: a box that nobody knows has none. What comes is a sealed pack and goes to the clinical side like any
 * other. The same request is brought again and again, until it leaves `enrol.json`. Ends with `signal`.
 */
export async function enrolLoop(
  ports: AgentPorts,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const asked = new Map<string, Asked>();
  while (!signal.aborted) {
    const seen = board.bell.count();
    const enrolment = await ports.spool.readEnrolment();
    const asks = enrolment.ok ? enrolment.value.asks : [];
    for (const ticket of asked.keys()) {
      if (!asks.some((ask) => ask.ticket === ticket)) asked.delete(ticket);
    }
    if (asks.length === 0) {
      board.clear('enrol');
      await board.bell.after(seen, idleMs, signal);
      continue;
    }
    const nowMs = ports.clock.monotonicMs();
    const due = asks.filter((ask) => isDue(board, ask, asked.get(ask.ticket), nowMs));
    await Promise.all(
      due.map((ask) => {
        const state = asked.get(ask.ticket) ?? newAsked();
        asked.set(ask.ticket, state);
        return askOnce(ports, board, ask, state, signal);
      }),
    );
    // A bell rings at every change of the state: it must not turn this into a circle.
    await ports.clock.wait(due.length > 0 ? 1_000 : 15_000, signal);
  }
}

function newAsked(): Asked {
  return { toldAtMs: new Map(), grant: '', failures: 0, notBeforeMs: 0 };
}

function isDue(board: Board, ask: EnrolmentAsk, state: Asked | undefined, nowMs: number): boolean {
  if (state !== undefined && nowMs < state.notBeforeMs) return false;
  return (
    ask.request !== undefined ||
    board.state().faults.some(({ kind }) => kind === 'agent/no-session')
  );
}

/** Asks the relays in turn until one answers; what went wrong is shown and tried again. */
async function askOnce(
  ports: AgentPorts,
  board: Board,
  ask: EnrolmentAsk,
  state: Asked,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports;
  const endpoints = ask.relays.flatMap(({ id, urls, spki }) =>
    urls.map((url) => ({ id, url, spki })),
  );
  let last: CallFault | undefined;
  for (const endpoint of endpoints) {
    const answer = await askAt(ports, endpoint, ask, state, signal);
    if (signal.aborted) return;
    if (answer.ok) {
      board.clear('enrol');
      state.failures = 0;
      state.notBeforeMs = ask.request === undefined ? clock.monotonicMs() + admittedEveryMs : 0;
      if (answer.value !== undefined) await hand(ports, board, answer.value, state);
      return;
    }
    last = answer.fault;
  }
  if (last === undefined) return;
  state.failures += 1;
  state.notBeforeMs =
    clock.monotonicMs() +
    (ask.request === undefined ? admittedEveryMs : pauseMs(ports, state.failures, last));
  if (ask.request !== undefined) board.fault('enrol', unanswered(last));
  log.warn('agent/enrol-unanswered', { reason: last.kind, failures: state.failures });
}

async function askAt(
  { connect, clock }: AgentPorts,
  endpoint: Endpoint,
  ask: EnrolmentAsk,
  state: Asked,
  signal: AbortSignal,
): Promise<Result<Uint8Array | undefined, CallFault>> {
  const link = connect(endpoint);
  const toldAtMs = state.toldAtMs.get(endpoint.id) ?? Number.NEGATIVE_INFINITY;
  try {
    if (clock.monotonicMs() - toldAtMs >= toldAgainMs) {
      const told = await tell(link, ask, signal);
      if (!told.ok) return told;
      state.toldAtMs.set(endpoint.id, clock.monotonicMs());
    }
    return await fetchGrant(link, ask, state, signal);
  } finally {
    link.close();
  }
}

async function tell(
  link: Link,
  { ticket, request }: EnrolmentAsk,
  signal: AbortSignal,
): Promise<Result<void, CallFault>> {
  if (request === undefined) return ok(undefined);
  const path = `${routePrefix}/enrol/${ticket}`;
  const body = fromBase64url(request) ?? new Uint8Array();
  const limits = { deadlineMs: smallDeadlineMs, answerSizeBytes: 4_096 };
  const answer = await link.request({ ...limits, method: 'POST', path, body, signal });
  if (!answer.ok) return answer;
  return answer.value.status < 300 ? ok(undefined) : fail(callFaultOf(answer.value));
}

/** Waits at the relay while a request is open; who is admitted looks and goes. */
async function fetchGrant(
  link: Link,
  { ticket, request }: EnrolmentAsk,
  state: Asked,
  signal: AbortSignal,
): Promise<Result<Uint8Array | undefined, CallFault>> {
  const waitS = request === undefined ? 0 : longestWaitS;
  const answer = await link.request({
    method: 'GET',
    path: `${routePrefix}/enrol/${ticket}?after=${state.grant}&wait=${waitS}`,
    deadlineMs: waitS * 1_000 + smallDeadlineMs,
    answerSizeBytes: enrolSizeBytes,
    signal,
  });
  if (!answer.ok) return answer;
  if (answer.value.status >= 300) return fail(callFaultOf(answer.value));
  return ok(answer.value.status === 200 ? answer.value.body : undefined);
}

/** The grant goes the way of every pack; only the clinical side can tell what it is worth. */
async function hand(
  { spool, log }: AgentPorts,
  board: Board,
  bytes: Uint8Array,
  state: Asked,
): Promise<void> {
  const packId = parsePackId(hex(sha256(bytes)));
  if (packId === undefined) return;
  const added = await spool.appendPart(packId, 0, bytes);
  const kept = added.ok ? await spool.finishPart(packId) : added;
  if (!kept.ok) return board.fault('enrol', kept.fault);
  state.grant = packId;
  log.info('agent/grant-fetched', { packId });
}

function unanswered(cause: CallFault): CallFault {
  if (cause.kind !== 'agent/absent') return cause;
  return fault(
    'agent/absent',
    'The relay does not know the card of this box',
    'It may be too early, or its last day is over: call the center',
    'later',
  );
}
