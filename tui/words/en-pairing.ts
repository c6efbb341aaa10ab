/** What the screen says while the words of a pairing are compared. */
export const pairing = {
  about: (center: string) =>
    `This box asked "${center}" to read its studies. Call the number in your contract, or be called; then compare the words.`,
  read: 'Read these four words to the center:',
  type: 'Type the four words that the center reads to you, then Enter:',
  until:
    'Until the words are right here, no study goes to it. After three wrong attempts a new card is needed.',
  none: 'No pairing waits for its words.',
  four: 'Nothing was compared: type four words.',
  comparing: 'Comparing ...',
  right: 'The words are right. Studies may leave when the center has answered.',
  wrong: (why: string) => `Not confirmed: ${why}`,
  confirm: 'compare',
  leave: 'leave as it is',
} as const;
