import { fromHex, hex } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { CenterEvent } from '../seal/center-ceremony.ts';
import { takeBack } from '../seal/center-return.ts';
import type { CeremonyFault } from '../seal/ceremony.ts';
import { centerIdentities } from '../seal/key-list.ts';
import { openRequest, openReturn, type PairingReturn } from '../seal/pairing.ts';
import { partyIdOfCenter } from '../seal/party.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { sha256 } from '../seal/sha256.ts';
import {
  type CenterKeys,
  readCenterKeys,
  readCenterTickets,
  writePeerRecord,
} from './keys-file.ts';
import {
  advanceTicket,
  dayOf,
  type PairingPorts,
  type TicketProgress,
} from './pairing-center-ticket.ts';
import { withProcessLock } from './process-lock.ts';

/** Takes the request M1 that came as a file, and writes the grant M2 to `outDir` as `grant-<ticket>.spk`. */
export function grantRequest(
  dataDir: string,
  bytes: Uint8Array,
  ticketId: string | undefined,
  outDir: string,
  ports: PairingPorts,
): Promise<Result<TicketProgress, Fault>> {
  return withProcessLock(dataDir, async () => {
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
    return advanceTicket({ dataDir, keys: keys.value, ticket, event, outDir }, ports);
  });
}

/** A return that came as a file; undefined when it is none. */
async function returnInTurn(
  dataDir: string,
  keys: CenterKeys,
  bytes: Uint8Array,
  ports: PairingPorts,
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
  ports: Pick<PairingPorts, 'clock'>,
): Promise<Result<CenterTicket, CeremonyFault>> {
  return withProcessLock(dataDir, () => takeBackInTurn(dataDir, returned, ports));
}

async function takeBackInTurn(
  dataDir: string,
  returned: PairingReturn,
  { clock }: Pick<PairingPorts, 'clock'>,
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

function refusedRequest(cause: unknown): Fault {
  return fault(
    'pairing/request-refused',
    'Cannot take the request: it fits no open ticket of this center, or it is damaged',
    'See the tickets with outpost pair list; ask the engineer for the request file again, or make a new card',
    'never',
    cause,
  );
}
