/** What the screen says while a study is sent to another center. */
export const address = {
  goes: (patient: string, center: string) => `${patient}: goes to "${center}".`,
  choose: 'Which center shall read it? All of it is sealed anew and sent whole.',
  columns: { center: 'CENTER', code: 'CODE' },
  now: 'goes there now',
  closed: 'takes no studies now',
  question: (center: string) => `Send all of it to "${center}"? Type your name, then Enter.`,
  name: 'Your name:',
  decide: 'send it there',
  leave: 'leave as it is',
  noName: 'Nothing was changed: type your name first.',
  asking: 'Telling the box ...',
  done: (center: string) => `Done: it is sealed anew for "${center}".`,
  alreadyOut: (images: number) =>
    images === 1
      ? 'Done: sealed anew. One image had left for the center of before: call it.'
      : `Done: sealed anew. ${images} images had left for the center of before: call it.`,
  none: 'The study can go to no other center. Press Esc to go back.',
} as const;
