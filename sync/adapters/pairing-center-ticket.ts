import { join } from 'node:path';
import { fromBase64url, fromHex, hex } from '../core/bytes.ts';
import { type Clock, isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import {
  type CenterEvent,
  grantOfTicket,
  isReplacedBy,
  stepCenter,
} from '../seal/center-ceremony.ts';
import type { CeremonyFault, Step } from '../seal/ceremony.ts';
import { buildGrant } from '../seal/pairing.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { receivingKeyOf } from '../seal/receiving-key.ts';
import { writeDurably } from './durable-file.ts';
import {
  type CenterKeys,
  readCenterKeys,
  readCenterTickets,
  writePeerRecord,
} from './keys-file.ts';
import { withProcessLock } from './process-lock.ts';
import { openSequence } from './sequence-file.ts';

export interface PairingPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/** What the center's side of a step tells the operator. */
export interface TicketProgress {
  readonly ticket: CenterTicket;
  readonly notice?: CeremonyFault;
  /** The grant to carry to the box, when there is a new one. */
  readonly file?: string;
}

export const dayMs = 86_400_000;
/**
 * What a relay had of a replaced box when it was shut out there reaches the center within so many days, or waits for a
 * person: a relay tells no center when it took a pack.
 */
const custodyDays = 7;

/** What an operator decides about a ticket. */
export type Decision = Extract<
  CenterEvent,
  { type: 'words' | 'readmit' | 'approve' | 'cancel' | 'revoke' | 'release' }
>;

/** The operator's next word about a ticket: the words the engineer read, a second yes, cancel, or revoke. */
export function decideTicket(
  dataDir: string,
  ticketId: string | undefined,
  event: Decision,
  outDir: string | undefined,
  ports: PairingPorts,
): Promise<Result<TicketProgress, Fault>> {
  return withProcessLock(dataDir, async () => {
    const keys = await readCenterKeys(dataDir);
    if (!keys.ok) return keys;
    const candidates = (await readCenterTickets(dataDir)).filter(({ ticket, state }) =>
      ticketId === undefined ? state === 'claimed' : ticket === ticketId,
    );
    const [ticket, ...others] = candidates;
    if (!ticket || others.length > 0) {
      return fail(
        fault(
          'pairing/which-ticket',
          ticket
            ? `Cannot tell which pairing is meant: ${candidates.length} wait for their words`
            : 'Cannot go on: no ticket fits',
          'See the tickets with outpost pair list, then name one with --ticket; outpost pair grant REQUEST writes a grant again',
        ),
      );
    }
    return advanceTicket({ dataDir, keys: keys.value, ticket, event, outDir }, ports);
  });
}

/** One arrow of a ticket for the running center, durable on return; undefined when there is no such ticket. */
export function stepTicket(
  dataDir: string,
  ticketId: string,
  event: CenterEvent,
): Promise<Result<Step<CenterTicket>, CeremonyFault> | undefined> {
  return withProcessLock(dataDir, async () => {
    const ticket = (await readCenterTickets(dataDir)).find(({ ticket }) => ticket === ticketId);
    if (ticket === undefined) return undefined;
    const step = stepCenter(ticket, event);
    if (step.ok && step.value.next !== ticket) {
      await writePeerRecord(dataDir, ticketId, step.value.next);
    }
    return step;
  });
}

/** All tickets, those whose last day is over expired by the center's clock. */
export function sweepTickets(
  dataDir: string,
  { clock }: Pick<PairingPorts, 'clock'>,
): Promise<readonly CenterTicket[]> {
  return withProcessLock(dataDir, async () => {
    const event = { type: 'day', today: dayOf(clock.nowMs()) } as const;
    const swept: CenterTicket[] = [];
    for (const ticket of await readCenterTickets(dataDir)) {
      const step = stepCenter(ticket, event);
      const next = step.ok ? step.value.next : ticket;
      if (next !== ticket) await writePeerRecord(dataDir, next.ticket, next);
      swept.push(next);
    }
    return swept;
  });
}

/** Steps a ticket, durably, and writes the grant that it has then; the caller holds the records. */
export async function advanceTicket(
  at: {
    readonly dataDir: string;
    readonly keys: CenterKeys;
    readonly ticket: CenterTicket;
    readonly event: CenterEvent;
    readonly outDir: string | undefined;
  },
  ports: PairingPorts,
): Promise<Result<TicketProgress, Fault>> {
  const step = stepCenter(at.ticket, at.event);
  if (!step.ok) return step;
  const { next: ticket, notice } = step.value;
  if (ticket.state !== at.ticket.state) await retireReplaced(at.dataDir, ticket, ports);
  if (ticket !== at.ticket) await writePeerRecord(at.dataDir, ticket.ticket, ticket);
  const bytes = await grantBytes(at.dataDir, at.keys, ticket, ports);
  const file = bytes && at.outDir && join(at.outDir, `grant-${ticket.ticket}.spk`);
  if (file) await writeDurably(file, bytes, { as: 'pairing-letter' });
  return ok({ ticket, ...(notice && { notice }), ...(file && { file }) });
}

/**
 * A replacement that becomes active retires the box that was at its site before, and that first: a crash in between
 * leaves the old box retired and the words of the new one to be typed again.
 */
async function retireReplaced(
  dataDir: string,
  replacement: CenterTicket,
  { clock }: Pick<PairingPorts, 'clock'>,
): Promise<void> {
  const nowMs = clock.nowMs();
  const custody = { from: dayOf(nowMs), until: dayOf(nowMs + custodyDays * dayMs) };
  for (const ticket of await readCenterTickets(dataDir)) {
    if (!isReplacedBy(ticket, replacement)) continue;
    const step = stepCenter(ticket, { type: 'replaced', custody });
    if (step.ok) await writePeerRecord(dataDir, ticket.ticket, step.value.next);
  }
}

/** The sealed grant of a ticket as it stands; undefined while no box is behind it. */
async function grantBytes(
  dataDir: string,
  { identity, keyList }: CenterKeys,
  ticket: CenterTicket,
  { clock, random }: PairingPorts,
): Promise<Uint8Array | undefined> {
  const grant = grantOfTicket(ticket, {
    centerMailbox: hex(keyList.mailbox),
    list: keyList.list,
  });
  const boxIdentity = fromHex(ticket.box?.identity ?? '');
  const boxReceive = fromBase64url(ticket.box?.receive ?? '');
  if (!grant || !boxIdentity || !boxReceive) return undefined;
  const sequence = await openSequence(join(dataDir, 'keys'), random, withProcessLock);
  return buildGrant(
    {
      grant,
      identity,
      boxIdentity,
      boxReceive: receivingKeyOf(boxReceive),
      nowMs: clock.nowMs(),
      stream: sequence.stream,
      sequence: await sequence.next(),
    },
    random,
  ).bytes;
}

/** The calendar day in UTC. */
export function dayOf(ms: number): string {
  return isoOf(ms).slice(0, 10);
}
