import type { BoxPeer, CenterTicket } from './peers.ts';

/** What the engineer reads after a step at the box: where pairing stands, and what comes next. */
export function boxText(peer: BoxPeer): string {
  const lastWords = peer.words?.slice(4).join(' ') ?? '';
  switch (peer.state) {
    case 'requested':
      return [
        'The request of this box is made.',
        `When the center calls, read these four words to the operator:  ${lastWords}`,
        'Type the four words the operator reads: outpost pair confirm --words "..."',
        '',
      ].join('\n');
    case 'granted':
      return [
        'The grant is here. Patients do not leave before the words are confirmed.',
        'Type the four words the operator reads: outpost pair confirm --words "..."',
        '',
      ].join('\n');
    case 'confirmed':
      return 'The words are right. Patients leave once the grant is here: the link brings it, or a stick with outpost pair accept FILE\n';
    case 'linked':
      return 'Linked: studies may leave for the center.\n';
    case 'active':
      return 'Linked, and the center has confirmed: the pairing is complete.\n';
    case 'closed':
      return 'The words were wrong three times, so the card is deleted. Nothing was sent. Ask the center for a new card.\n';
    case 'refused':
      return 'The center refused this box. All studies stay on it. Call the center and ask for a new card.\n';
    case 'revoked':
      return 'The center takes nothing from this box any more. All studies stay on it. Call the center.\n';
    case 'carded':
    case 'listed':
      return 'The card is read. Run outpost pair request again.\n';
  }
}

/** What the operator reads after a step at the center; `file` is a grant to carry to the box. */
export function ticketText(ticket: CenterTicket, file?: string): string {
  const firstWords = ticket.box?.words.slice(0, 4).join(' ') ?? '';
  const lines = [`${ticket.site}: the ticket is ${ticket.state}.`];
  if (ticket.state === 'claimed' && ticket.confirmedBy !== undefined) {
    lines.push(
      `The words are right, by ${ticket.confirmedBy}. A second operator must agree before its studies go to the PACS:`,
      `outpost pair approve --ticket ${ticket.ticket} --operator NAME`,
    );
  } else if (ticket.state === 'claimed' && ticket.returnedAt !== undefined) {
    lines.push(
      'This box showed a grant of this center of which no record is here. Was it revoked or replaced since the backup?',
      `If not: outpost pair readmit --ticket ${ticket.ticket}   If it was: outpost pair cancel --ticket ${ticket.ticket}`,
      'Let the first one in when all boxes are listed: until then the relays go by the list from before the restore.',
      `In doubt call the clinic; its box shows these last four words:  ${ticket.box?.words.slice(4).join(' ') ?? ''}`,
    );
  } else if (ticket.state === 'claimed') {
    lines.push(
      'Call the clinic on the number on file, not on one that came with the request.',
      `Read these four words to the engineer:  ${firstWords}`,
      'Type the four words the engineer reads: outpost pair confirm --words "..."',
    );
  }
  if (ticket.state === 'disputed') {
    lines.push(
      'Two boxes asked with the card of one site: one of them may be a thief. Nothing of either is let in.',
      ...(ticket.rivals ?? []).map(
        ({ words }, at) =>
          `Request ${at + 1}: ${words?.join(' ') ?? 'came after the card was used; it has no words'}`,
      ),
      'Call the clinic and ask who has the card and which words its box shows; then cancel this ticket and make a new card.',
    );
  }
  if (ticket.state === 'active') lines.push('The words are right: its studies go to the PACS.');
  if (file)
    lines.push(
      `The relay brings the answer to the box. Without a link carry this file there: ${file}`,
    );
  return `${lines.join('\n')}\n`;
}
