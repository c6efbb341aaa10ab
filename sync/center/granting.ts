import { fromBase64url, hex } from '../core/bytes.ts';
import { grantOfTicket } from '../seal/center-ceremony.ts';
import { bytesOfHex } from '../seal/fields.ts';
import type { SealedPack } from '../seal/pack.ts';
import { buildGrant } from '../seal/pairing.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { parseReceivingKey } from '../seal/receiving-key.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';
import type { OutgoingRow } from './rows.ts';

/** A grant that is due, sealed, and the row that it gets. */
export interface DueGrant {
  readonly sealed: SealedPack;
  readonly row: Pick<OutgoingRow, 'kind' | 'subject' | 'class' | 'studyInstanceUid' | 'group'>;
}

/**
 * Grants that no pack of ours says yet: each version of each ticket goes out once, into the mailbox of its box. The
 * access list names the newest one under its ticket, so that a box without a session finds it too.
 */
export async function dueGrants(
  { sequence, clock, random }: Pick<CenterPorts, 'sequence' | 'clock' | 'random'>,
  { keyList, identity, tickets }: Party,
  outgoing: readonly OutgoingRow[],
): Promise<readonly DueGrant[]> {
  if (keyList.relays.length === 0) return [];
  const sent = new Set(outgoing.map(({ subject }) => subject));
  const due: DueGrant[] = [];
  for (const ticket of tickets) {
    const grant = grantOfTicket(ticket, {
      centerMailbox: hex(keyList.mailbox),
      list: keyList.list,
    });
    const receive = fromBase64url(ticket.box?.receive ?? '');
    const boxReceive = receive && parseReceivingKey(receive);
    if (!grant || !ticket.box || !boxReceive || sent.has(subjectOf(ticket))) continue;
    const sealed = buildGrant(
      {
        grant,
        identity,
        boxIdentity: bytesOfHex(ticket.box.identity),
        boxReceive,
        nowMs: clock.nowMs(),
        stream: sequence.stream,
        sequence: await sequence.next(),
      },
      random,
    );
    const row = { kind: 'grant', subject: subjectOf(ticket), class: 1 } as const;
    due.push({ sealed, row: { ...row, studyInstanceUid: '', group: hex(random.bytes(16)) } });
  }
  return due;
}

/** The pack of the newest grant by ticket, as far as it is sealed. */
export function grantsByTicket(
  tickets: readonly CenterTicket[],
  outgoing: readonly OutgoingRow[],
): ReadonlyMap<string, string> {
  const packs = new Map(outgoing.map(({ subject, packId }) => [subject, packId]));
  return new Map(
    tickets.flatMap((ticket) => {
      const packId = packs.get(subjectOf(ticket));
      return packId === undefined ? [] : [[ticket.ticket, packId] as const];
    }),
  );
}

function subjectOf({ ticket, box }: CenterTicket): string {
  return `grant/${ticket}/${box?.grantVersion ?? 0}`;
}
