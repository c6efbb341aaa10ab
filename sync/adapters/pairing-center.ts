import { join } from 'node:path';
import { fromBase64url, fromHex, hex } from '../core/bytes.ts';
import { type Clock, isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { buildCard, cardQrText, cardText, parseCardBytes } from '../seal/card.ts';
import { cardQrForTerminal, cardQrSvg } from '../seal/card-qr.ts';
import {
  type CenterEvent,
  grantOfTicket,
  isReplacedBy,
  newTicket,
  stepCenter,
} from '../seal/center-ceremony.ts';
import { takeBack } from '../seal/center-return.ts';
import type { CeremonyFault, Step } from '../seal/ceremony.ts';
import { centerIdentities } from '../seal/key-list.ts';
import { buildGrant, openRequest, openReturn, type PairingReturn } from '../seal/pairing.ts';
import { partyIdOfCenter } from '../seal/party.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { receivingKeyOf } from '../seal/receiving-key.ts';
import { sha256 } from '../seal/sha256.ts';
import { writeDurably } from './durable-file.ts';
import {
  type CenterKeys,
  readCenterKeys,
  readCenterTickets,
  writePeerRecord,
} from './keys-file.ts';
import { withProcessLock } from './process-lock.ts';
import { openSequence } from './sequence-file.ts';

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
}

/** The forms of a new card: to type, to scan, to look at, to print. All of them are the secret. */
export interface PrintedCard {
  readonly ticket: CenterTicket;
  readonly text: string;
  readonly qrText: string;
  readonly qrForTerminal: string;
  readonly qrSvg: string;
}

/** What the center's side of a step tells the operator. */
export interface TicketProgress {
  readonly ticket: CenterTicket;
  readonly notice?: CeremonyFault;
  /** The grant to carry to the box, when there is a new one. */
  readonly file?: string;
}

const dayMs = 86_400_000;
/**
 * What a relay had of a replaced box when it was shut out there reaches the center within so many days, or waits for a
 * person: a relay tells no center when it took a pack.
 */
const custodyDays = 7;

/** Makes a card for `site`, good for `days`; the ticket is durable before the card's text is given out. */
export async function makeCard(
  dataDir: string,
  input: { readonly site: string; readonly kind: 'enrol' | 'replace'; readonly days: number },
  { clock, random }: Ports,
): Promise<Result<PrintedCard, Fault>> {
  const keys = await readCenterKeys(dataDir);
  if (!keys.ok) return keys;
  const lastDay = dayOf(clock.nowMs() + input.days * dayMs);
  if (!/^(202[6-9]|20[3-9]\d|21\d\d)-/.test(lastDay)) {
    return fail(
      fault(
        'pairing/clock',
        `Cannot make a card: it would be good until ${lastDay}, by the clock of this machine`,
        'Set the clock, then make the card again',
      ),
    );
  }
  const bytes = buildCard({
    kind: input.kind,
    lastDay,
    site: input.site,
    root: keys.value.keyList.root,
    secret: random.bytes(16),
  });
  const card = parseCardBytes(bytes);
  if (!card.ok) return card;
  const ticket = newTicket(card.value, input.site);
  await writePeerRecord(dataDir, ticket.ticket, ticket);
  return ok({
    ticket,
    text: cardText(bytes),
    qrText: cardQrText(bytes),
    qrForTerminal: cardQrForTerminal(bytes),
    qrSvg: cardQrSvg(bytes),
  });
}

/** Takes the request M1 that came as a file, and writes the grant M2 to `outDir` as `grant-<ticket>.spk`. */
export function grantRequest(
  dataDir: string,
  bytes: Uint8Array,
  ticketId: string | undefined,
  outDir: string,
  ports: Ports,
): Promise<Result<TicketProgress, Fault>> {
  return withProcessLock(dataDir, () => grantInTurn(dataDir, bytes, ticketId, outDir, ports));
}

async function grantInTurn(
  dataDir: string,
  bytes: Uint8Array,
  ticketId: string | undefined,
  outDir: string,
  ports: Ports,
): Promise<Result<TicketProgress, Fault>> {
  const keys = await readCenterKeys(dataDir);
  if (!keys.ok) return keys;
  const tickets = await readCenterTickets(dataDir);
  const opened = openRequest(bytes, {
    secrets: keys.value.secrets,
    partyId: keys.value.roots.map(partyIdOfCenter),
    root: keys.value.roots,
    mailbox: keys.value.keyList.mailbox,
    ticketKey: (id) => fromHex(tickets.find(({ ticket }) => ticket === id)?.enrolKey ?? 'none'),
  });
  // A claimed ticket has no key any more: its request is known again by its hash alone.
  const wanted = opened.ok ? opened.value.request.ticket : ticketId;
  const ticket = tickets.find((each) => each.ticket === wanted);
  const back = opened.ok ? undefined : await returnInTurn(dataDir, keys.value, bytes, ports);
  if (back !== undefined) return back;
  if (!ticket) return fail(refusedRequest(opened.ok ? undefined : opened.fault));
  if (!opened.ok && ticket.state === 'open') return fail(refusedRequest(opened.fault));
  const event: CenterEvent = opened.ok
    ? {
        type: 'requests',
        requests: [
          {
            ...opened.value,
            handle: hex(ports.random.bytes(16)),
            boxMailbox: hex(ports.random.bytes(16)),
          },
        ],
        today: dayOf(ports.clock.nowMs()),
      }
    : { type: 'repeat', packId: hex(sha256(bytes)) };
  return advance({ dataDir, keys: keys.value, ticket, event, outDir }, ports);
}

/** A return that came as a file; undefined when it is none. */
async function returnInTurn(
  dataDir: string,
  keys: CenterKeys,
  bytes: Uint8Array,
  ports: Ports,
): Promise<Result<TicketProgress, Fault> | undefined> {
  const opened = openReturn(bytes, {
    ...{ secrets: keys.secrets, partyId: keys.roots.map(partyIdOfCenter), roots: keys.roots },
    ...{ mailbox: keys.keyList.mailbox, identities: centerIdentities(keys.keyList) },
  });
  if (opened === undefined) return undefined;
  if (!opened.ok) return fail(refusedRequest(opened.fault));
  const taken = await takeBackInTurn(dataDir, opened.value, ports);
  return taken.ok ? ok({ ticket: taken.value }) : taken;
}

/** Takes a box back that proved its grant, durably; the record that it has here now. */
export function takeBackBox(
  dataDir: string,
  returned: PairingReturn,
  ports: Pick<Ports, 'clock'>,
): Promise<Result<CenterTicket, CeremonyFault>> {
  return withProcessLock(dataDir, () => takeBackInTurn(dataDir, returned, ports));
}

async function takeBackInTurn(
  dataDir: string,
  returned: PairingReturn,
  { clock }: Pick<Ports, 'clock'>,
): Promise<Result<CenterTicket, CeremonyFault>> {
  const tickets = await readCenterTickets(dataDir);
  const step = takeBack(tickets, returned, isoOf(clock.nowMs()));
  if (!step.ok) return step;
  const known = tickets.find(({ box }) => box?.identity === hex(returned.identity));
  const ticket = step.value ?? known;
  if (ticket === undefined) throw new Error('A box that is known and has no record');
  if (step.value) await writePeerRecord(dataDir, ticket.ticket, ticket);
  return ok(ticket);
}

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
  ports: Ports,
): Promise<Result<TicketProgress, Fault>> {
  return withProcessLock(dataDir, () => decideInTurn(dataDir, ticketId, event, outDir, ports));
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
  { clock }: Pick<Ports, 'clock'>,
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

async function decideInTurn(
  dataDir: string,
  ticketId: string | undefined,
  event: Decision,
  outDir: string | undefined,
  ports: Ports,
): Promise<Result<TicketProgress, Fault>> {
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
  return advance({ dataDir, keys: keys.value, ticket, event, outDir }, ports);
}

async function advance(
  at: {
    readonly dataDir: string;
    readonly keys: CenterKeys;
    readonly ticket: CenterTicket;
    readonly event: CenterEvent;
    readonly outDir: string | undefined;
  },
  ports: Ports,
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
  { clock }: Pick<Ports, 'clock'>,
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
  { clock, random }: Ports,
): Promise<Uint8Array | undefined> {
  const grant = grantOfTicket(ticket, {
    centerMailbox: hex(keyList.mailbox),
    list: keyList.list,
  });
  const boxIdentity = fromHex(ticket.box?.identity ?? '');
  const boxReceive = fromBase64url(ticket.box?.receive ?? '');
  if (!grant || !boxIdentity || !boxReceive) return undefined;
  const sequence = await openSequence(join(dataDir, 'keys'), random);
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

function refusedRequest(cause: unknown): Fault {
  return fault(
    'pairing/request-refused',
    'Cannot take the request: it fits no open ticket of this center, or it is damaged',
    'See the tickets with outpost pair list; ask the engineer for the request file again, or make a new card',
    'never',
    cause,
  );
}

function dayOf(ms: number): string {
  return isoOf(ms).slice(0, 10);
}
