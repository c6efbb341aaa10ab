/** Words for one code. */
export interface CodeWords {
  readonly short?: string;
  readonly sentence: string;
  readonly next: string;
  /** The box's own message says more (a number, a name), so it is shown too. */
  readonly hasMore?: boolean;
  /** Images may be lost: the screen must not say that they are safe. */
  readonly isLoss?: boolean;
}

/**
 * Better words for the codes of the box's alerts and of a study's help; a code not here shows as it came. `short`
 * follows "1 study needs help:" and has at most 24 characters; `sentence` has at most 50 characters, so that a key fits
 * behind it.
 */
export const codes: Readonly<Record<string, CodeWords>> = {
  'DISK-FULL': {
    sentence: 'The disk is full: new images are refused.',
    next: 'Keep new images on the modality and call support. What is not yet delivered is never deleted to make room.',
  },
  'DISK-FILES': {
    sentence: 'The disk is full: new images are refused.',
    next: 'Keep new images on the modality and call support: the disk can hold no more files.',
  },
  'DISK-FAILING': {
    sentence: 'The disk is failing: new images are refused.',
    next: 'Call support at once and keep new images on the modality. What can still be read goes on being sent.',
  },
  'ZONES-OPEN': {
    hasMore: true,
    sentence: 'Nothing is sent: the box failed a safety check.',
    next: 'Call the field engineer. The images are safe on this box.',
  },
  'SPOOL-FAILED': {
    sentence: 'Nothing is sent: a folder of the box is broken.',
    next: 'Call support. The images are safe on this box.',
  },
  'AGENT-BUDGET-SHORT': {
    hasMore: true,
    sentence: 'Most of the data budget is used: priors wait.',
    next: 'Nothing to do. The field engineer can raise the budget; a courier stick costs nothing.',
  },
  'AGENT-BUDGET-RESERVE': {
    hasMore: true,
    sentence: 'The data budget is nearly used: routine waits.',
    next: 'Press s on a study that cannot wait. The field engineer can raise the budget.',
  },
  'AGENT-BUDGET-SPENT': {
    hasMore: true,
    sentence: 'The data budget is used up: only STAT is sent.',
    next: 'Press s on a study that cannot wait; it is sent beyond the budget. Or send a courier stick.',
  },
  'NOT-PAIRED': {
    sentence: 'Nothing is sent: no reading center is paired yet.',
    next: 'Ask the field engineer to pair this box. The images are safe here until then.',
  },
  'WORDS-WAIT': {
    sentence: 'The words of a pairing are not compared yet.',
    next: 'Press c with the center on the phone. The images are safe on this box.',
  },
  'PAIRING-STOPPED': {
    hasMore: true,
    sentence: 'Nothing is sent: the pairing was stopped.',
    next: 'Call the reading center. The images are safe on this box.',
  },
  'CENTER-STOPPED': {
    sentence: 'Its reading center takes no studies now.',
    next: 'Call the engineer: the study can be sent to another center. The images are safe on this box.',
  },
  'REPORT-UNKNOWN-STUDY': {
    hasMore: true,
    isLoss: true,
    short: 'a report without a study',
    sentence: 'A report came for a study that is not here.',
    next: 'Call the reading center: it has the report. If this box replaced another one, the engineer can take over its disk.',
  },
  'CONSENT-REFUSED': {
    sentence: 'The patient refused: the images stay here.',
    next: 'If the patient agrees after all, change the order. The images are safe on this box.',
  },
  'NOT-CONFIRMED': {
    hasMore: true,
    sentence: 'The center did not confirm what was sent.',
    next: 'Call the reading center. The images are safe on this box.',
  },
  'RESEND-LIMIT': {
    hasMore: true,
    short: 'a supervisor must decide',
    sentence: 'What must be sent again needs a supervisor.',
    next: 'Call the reading center. Then a supervisor at the box runs: outpost study resend STUDY --by NAME --reason TEXT. The images are safe here.',
  },
  QUARANTINE: {
    hasMore: true,
    sentence: 'Something from the center could not be accepted.',
    next: 'Call the reading center. Nothing was thrown away.',
  },
  'ARRIVED-UNREADABLE': {
    hasMore: true,
    sentence: 'A message from the center cannot be read.',
    next: 'Call support: a folder of the box needs a look. A report may be waiting in it; it is tried again.',
  },
  'KEY-LIST-BEHIND': {
    sentence: 'A newer key list of the center does not come.',
    next: 'Call the reading center on the number of your contract. The images are safe on this box.',
  },
  'EPOCH-SOON': {
    sentence: 'The center must change its key within 60 days.',
    next: 'Nothing stops. Tell the reading center when you next call: it begins its next key, and this box follows by itself.',
  },
  'EPOCH-NEAR': {
    sentence: 'The center must change its key within 30 days.',
    next: 'Nothing stops. Remind the reading center: it begins its next key, and this box follows by itself.',
  },
  'EPOCH-ENDS': {
    sentence: 'The center must change its key within 7 days.',
    next: 'Nothing stops. Call the reading center: it begins its next key, and this box follows by itself.',
  },
  'EPOCH-OVER': {
    sentence: 'The center should have changed its key.',
    next: 'Nothing stops and images go out as before. Call the reading center: the longer one key is used, the more a thief could read with it.',
  },
  'LOG-DAMAGED': {
    sentence: 'A record of this box cannot be read.',
    next: 'Call support. The images are safe on this box.',
  },
  'LINK-WRONG-PIN': {
    sentence: 'Nothing is sent: the relay shows a wrong key.',
    next: 'Call the reading center before anything else. The images are safe on this box.',
  },
  'UNKNOWN-CALLER': {
    hasMore: true,
    sentence: 'An unknown device tried to send to this box.',
    next: 'Press d. If it is yours, let it in with y; if not, keep it out with x.',
  },
  'CALLER-MOVED': {
    hasMore: true,
    sentence: 'A device sends from a new address.',
    next: 'Its images are taken. Press d. If it moved, confirm it with y; if it is not yours, keep it out with x.',
  },
  'NEEDS-IDENTITY': {
    short: 'nobody knows whose it is',
    sentence: 'The images do not say whose they are.',
    next: 'Say whose they are with "outpost identity", or send them again from the modality with a Patient ID.',
  },
  'FORWARD-STUCK': {
    hasMore: true,
    sentence: 'A machine of the clinic takes no images.',
    next: 'Look whether it is on and takes images. They are safe on this box, and the center gets them all the same.',
  },
  IMPORT: {
    hasMore: true,
    sentence: 'The import folder was used.',
    next: 'See what was not taken, and why, with "outpost import"; empty its folder "rejected" when nothing there is needed.',
  },
  'OTHER-IDENTITY': {
    hasMore: true,
    short: 'other patient or study',
    sentence: 'Some images may be of another patient or study.',
    next: 'The first ones are sent, the others are kept. Look on the modality whose they are, then call the center.',
  },
  CONFLICT: {
    hasMore: true,
    short: 'some images came twice',
    sentence: 'Some images came twice with different content.',
    next: 'The first ones are sent, the others are kept. Look on the modality which are right, then call the center.',
  },
  DAMAGED: {
    hasMore: true,
    short: 'images are damaged',
    sentence: 'Some images can no longer be read as they came.',
    next: 'Send the study again from the modality. What is whole is sent.',
    isLoss: true,
  },
  'REPORT-OTHER-PATIENT': {
    short: 'a report does not fit',
    sentence: 'A report came that does not fit this patient.',
    next: 'Call the reading center. The report is not shown.',
  },
  'REPORT-UNKNOWN-MANIFEST': {
    short: 'a report does not fit',
    sentence: 'A report came for images that were not sent.',
    next: 'Call the reading center. The report is not shown.',
  },
  'REPORT-OTHER-CENTER': {
    short: 'a report was refused',
    sentence: 'A report came from somebody who was not asked.',
    next: 'Call the reading center. The report is not shown.',
  },
  'REPORT-MISSING-VERSION': {
    short: 'a report is not complete',
    sentence: 'An older version of the report has not come yet.',
    next: 'Wait: it comes by itself. If it does not come today, call the reading center.',
  },
};
