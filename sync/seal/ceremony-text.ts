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
      return 'The words are right. Patients leave once the grant is here: outpost pair accept FILE\n';
    case 'linked':
      return 'Linked: studies may leave for the center.\n';
    case 'active':
      return 'Linked, and the center has confirmed: the pairing is complete.\n';
    default:
      return `Pairing is ${peer.state}.\n`;
  }
}

/** What the operator reads after a step at the center; `file` is a grant to carry to the box. */
export function ticketText(ticket: CenterTicket, file?: string): string {
  const firstWords = ticket.box?.words.slice(0, 4).join(' ') ?? '';
  const lines = [`${ticket.site}: the ticket is ${ticket.state}.`];
  if (ticket.state === 'claimed') {
    lines.push(
      'Call the clinic on the number on file, not on one that came with the request.',
      `Read these four words to the engineer:  ${firstWords}`,
      'Type the four words the engineer reads: outpost pair confirm --words "..."',
    );
  }
  if (ticket.state === 'active') lines.push('The words are right: its studies go to the PACS.');
  if (file) lines.push(`Carry this file to the box: ${file}`);
  return `${lines.join('\n')}\n`;
}
