import { fromHex, hex } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import type { CenterEvent, ClaimedRequest } from '../seal/center-ceremony.ts';
import { centerIdentities } from '../seal/key-list.ts';
import { openRequest, openReturn } from '../seal/pairing.ts';
import { partyIdOfCenter } from '../seal/party.ts';
import type { PackId } from '../wire/pack-id.ts';
import { spoolError, spoolValue } from './disk.ts';
import { refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import { quarantine } from './quarantine.ts';

type EnrolPorts = Pick<
  CenterPorts,
  'spool' | 'store' | 'clock' | 'random' | 'log' | 'stepTicket' | 'takeBack'
>;

/** What the requests of one round say to one ticket. */
interface Round {
  readonly good: ClaimedRequest[];
  /** Requests that cannot be verified, since the key of the ticket is burnt. */
  readonly late: string[];
}

/**
 * Takes requests of pairing that came as packs. All of one round are verified before any of them burns the key of
 * its ticket, so two good ones are seen for what they are: two boxes with one card. A request is marked taken when
 * the record of its ticket is durable; until then a crash only repeats it. Answers whether a ticket was asked.
 */
export async function takeRequests(
  ports: EnrolPorts,
  packIds: readonly PackId[],
  party: Party,
): Promise<boolean> {
  const rounds = new Map<string, Round>();
  const refused = new Map<PackId, { readonly reason: string; readonly bytes: Uint8Array }>();
  const settled: PackId[] = [];
  for (const packId of packIds) {
    const read = await ports.spool.readArrived(packId);
    if (!read.ok && read.fault.kind === 'spool/missing') continue;
    if (!read.ok) throw spoolError(read.fault);
    const judged = (await returned(ports, read.value, party)) ?? judge(read.value, party, ports);
    if (judged === 'back') {
      settled.push(packId);
      continue;
    }
    if (typeof judged === 'string') {
      refused.set(packId, { reason: judged, bytes: read.value });
      continue;
    }
    const round = rounds.get(judged.ticket) ?? { good: [], late: [] };
    rounds.set(judged.ticket, round);
    if (judged.request) round.good.push(judged.request);
    else round.late.push(packId);
    settled.push(packId);
  }
  for (const [ticket, round] of rounds) await settle(ports, ticket, round);
  for (const [packId, { reason, bytes }] of refused) {
    await quarantine(ports, packId, refusalOf('center/refused', reason), bytes);
  }
  for (const packId of [...settled, ...refused.keys()]) {
    spoolValue(await ports.spool.markTaken(packId));
  }
  return settled.length > 0;
}

/** `back` for a box that shows its own grant and has a record again; undefined when it asks for something else. */
async function returned(
  { takeBack, log }: EnrolPorts,
  bytes: Uint8Array,
  party: Party,
): Promise<'back' | string | undefined> {
  const roots = party.roots ?? [party.keyList.root];
  const opened = openReturn(bytes, {
    ...{ secrets: party.secrets, partyId: roots.map(partyIdOfCenter), roots },
    ...{ mailbox: party.keyList.mailbox, identities: centerIdentities(party.keyList) },
  });
  if (opened === undefined) return undefined;
  if (!opened.ok) {
    const { check, refusal, reason } = opened.fault;
    return `check ${check} (${refusal}): ${reason}`;
  }
  const taken = await takeBack(opened.value);
  if (!taken.ok) return `check 12 (meaning): ${taken.fault.message}`;
  log.warn('center/returned', { state: taken.value.state });
  return 'back';
}

function judge(
  bytes: Uint8Array,
  party: Party,
  { random }: Pick<EnrolPorts, 'random'>,
): { readonly ticket: string; readonly request?: ClaimedRequest } | string {
  let named = '';
  const opened = openRequest(bytes, {
    secrets: party.secrets,
    partyId: (party.roots ?? [party.keyList.root]).map(partyIdOfCenter),
    root: party.roots ?? party.keyList.root,
    mailbox: party.keyList.mailbox,
    ticketKey: (id) => {
      named = id;
      return fromHex(party.tickets.find(({ ticket }) => ticket === id)?.enrolKey ?? 'none');
    },
  });
  const known = party.tickets.find(({ ticket }) => ticket === named);
  if (opened.ok) {
    const names = { handle: hex(random.bytes(16)), boxMailbox: hex(random.bytes(16)) };
    return { ticket: named, request: { ...opened.value, ...names } };
  }
  const { check, refusal, reason } = opened.fault;
  if (known === undefined || known.state === 'open') {
    return `check ${check} (${refusal}): ${reason}`;
  }
  return { ticket: named };
}

async function settle(ports: EnrolPorts, ticket: string, round: Round): Promise<void> {
  const today = isoOf(ports.clock.nowMs()).slice(0, 10);
  const events: CenterEvent[] = [
    ...(round.good.length > 0 ? [{ type: 'requests', requests: round.good, today } as const] : []),
    ...round.late.map((packId) => ({ type: 'repeat', packId }) as const),
  ];
  for (const event of events) {
    const step = await ports.stepTicket(ticket, event);
    if (step === undefined) continue;
    // No ticket or site in the log: who reads it needs the list of tickets anyway.
    if (!step.ok) ports.log.warn('center/request-refused', { code: step.fault.kind });
    else if (step.value.notice) {
      ports.log.error('center/pairing', { code: step.value.notice.kind });
    } else ports.log.info('center/request', { state: step.value.next.state });
  }
}
