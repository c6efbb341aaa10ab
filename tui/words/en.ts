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

/** What the screen says, in English. Another language is another file of this shape. */
export const words = {
  months: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
  weekdays: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  today: 'today',
  now: 'now',
  at: 'at',
  underAMinute: 'under 1 min',
  aboutMinutes: (minutes: number) => `about ${minutes} min`,
  aboutHours: (hours: number) => `about ${hours} h`,
  aboutDays: (days: number) => `about ${days} days`,
  manyDays: 'over 9 days',
  justNow: 'just now',
  minutesAgo: (minutes: number) => `${minutes} min ago`,
  hoursAgo: (hours: number) => `${hours} h ago`,
  daysAgo: (days: number) => `${days} days ago`,
  ageYears: (years: number) => `${years} y`,
  ageMonths: (months: number) => `${months} mo`,

  header: {
    link: 'LINK',
    linkUp: (rate: string) => (rate === '' ? 'up' : `up (${rate})`),
    linkSlow: (rate: string) => `up, slow (${rate})`,
    linkDown: 'down',
    linkUnknown: 'not known',
    lastContact: (ago: string) => `last contact ${ago}`,
    noContact: 'no contact yet',
    disk: (percent: number, word: string) => `DISK ${percent}% used, ${word}`,
    diskOk: 'ok',
    diskFilling: 'filling',
    diskFull: 'FULL',
    diskFailing: 'FAILING',
    zonesOff: 'zones not enforced',
    back: '< Esc back',
    study: 'STUDY',
    report: 'REPORT',
    problems: 'WHAT TO DO',
    help: 'HELP',
  },

  states: {
    receiving: 'RECEIVING',
    waiting: 'WAITING',
    sending: 'SENDING',
    'at center': 'AT CENTER',
    delivered: 'DELIVERED',
    'report ready': 'REPORT READY',
    'read back': 'READ BACK',
    'needs help': 'NEEDS HELP',
  },
  /** One sentence on each state, for the study's own screen. */
  stateSentences: {
    receiving: 'Images are still coming in. Each one is safe as soon as it is counted here.',
    waiting: 'Waiting to be sent. The images are safe on this box.',
    sending: 'On its way to the reading center. The images are safe on this box.',
    'at center': 'All sent. Waiting until the reading center confirms every image.',
    delivered: 'The reading center has confirmed every image.',
    'report ready': 'The report is here. Press r to read it.',
    'read back': 'The report was read back to the reading center.',
    'needs help': 'This study needs help.',
  },

  list: {
    view: 'View:',
    views: {
      all: 'All',
      'needs help': 'Needs help',
      'on the way': 'On the way',
      delivered: 'Delivered',
    },
    columns: {
      status: 'STATUS',
      patient: 'PATIENT',
      type: 'TYPE',
      taken: 'TAKEN',
      images: 'IMAGES',
      timeLeft: 'TIME LEFT',
    },
    stat: 'STAT',
    pressEnter: 'press Enter',
    from: (aeTitle: string) => `from ${aeTitle}`,
    fromFile: 'from a file',
    hiddenName: '(name hidden)',
    order: 'order: needs help, then as they will be sent, then delivered',
    range: (first: number, last: number, count: number) => `${first}-${last} of ${count}`,
    noStudies: 'No study yet. It appears here as soon as a modality sends its first image.',
    noneInView: 'No study in this view. Press 1 to see all.',
    noneFound: 'No study matches. Press Esc to see all.',
    asking: 'Asking the box for its studies ...',
  },

  find: {
    prompt: 'find:',
    count: (count: number) => (count === 1 ? '(1 match)' : `(${count} matches)`),
    keep: 'keep',
    clear: 'clear',
    kept: (text: string) => `found by "${text}"`,
  },

  study: {
    why: 'Why:',
    do: 'Do:',
    code: 'Code:',
    safe: 'The images are safe on this box. Nothing is lost.',
    labels: {
      patient: 'Patient',
      patientId: 'Patient ID',
      study: 'Study',
      accession: 'Accession',
      taken: 'Taken',
      from: 'From',
      size: 'Size',
      priority: 'Priority',
      report: 'Report',
    },
    fromAeTitle: (aeTitle: string) => `AE title ${aeTitle}`,
    fromFile: 'a file',
    hidden: '(hidden)',
    counts: (series: number, images: number, size: string) =>
      `${series} series, ${images} ${images === 1 ? 'image' : 'images'}, ${size}`,
    priority: (isStat: boolean) => (isStat ? 'STAT' : 'routine'),
    noReport: 'none yet',
    sent: (about: string) => `Being sent, ${about} left. The images are safe on this box.`,
    turn: (about: string) => `Waiting to be sent, ${about} left. The images are safe on this box.`,
    time: 'TIME',
    step: 'STEP',
    asking: 'Asking the box for the steps of this study ...',
    gone: 'This study is no longer on the box. Press Esc to go back.',
  },

  report: {
    statuses: {
      preliminary: 'PRELIMINARY',
      final: 'FINAL',
      amended: 'AMENDED',
      withdrawn: 'WITHDRAWN',
    },
    summary: (status: string, version: number, signedOff: string) =>
      `${status}, version ${version}, signed off ${signedOff}`,
    author: (name: string, registerNo: string) =>
      registerNo === '' ? `By ${name}` : `By ${name} (register no. ${registerNo})`,
    received: (when: string) => `arrived ${when}`,
    position: (index: number, count: number) => `report ${index} of ${count}`,
    preliminary: 'Preliminary: the final report is still to come.',
    amended: 'Amended: this replaces what was reported before.',
    withdrawn: 'Withdrawn by the reading center: do not use this report. Call the center.',
    isOlder: 'Written before the newest images came: ask the center.',
    isReplaced: 'A newer version of this report is here.',
    refused: 'This report is not shown.',
    refusedNext: 'Call the reading center.',
    isPdf: 'The report is a PDF. Press e to export it.',
    isOther: (type: string) => `The report is a document of type ${type}. Press e to export it.`,
    isHidden: 'Names are hidden. Press n to show names and this report.',
    none: 'This report is no longer there. Press Esc to go back.',
    lines: (first: number, last: number, count: number) => `lines ${first}-${last} of ${count}`,
  },

  notes: {
    exporting: 'Writing the report ...',
    exported: (path: string) => `Written to ${path}`,
    exportFailed: (why: string) => `The report could not be written: ${why}`,
    hiddenAfterIdle: 'Names were hidden because nobody pressed a key. Press n to show them.',
  },

  silence: {
    title: "The box's program does not answer.",
    'no-answer': "The box's program does not answer.",
    'no-permission': 'This user may not look at the box.',
    'other-version': "The box's program speaks another version.",
    trying: 'This screen keeps trying.',
    lines: {
      'no-answer': [
        'It may be starting after a power cut: wait two minutes. This screen keeps trying.',
        'Images that the box has taken in are on its disk. They stay there.',
        'A modality that cannot send now keeps its images: do not delete them there.',
        'If this stays, switch the box off and on once. Then call support.',
      ],
      'no-permission': [
        'The program runs, but this user is not allowed to talk to it. This screen keeps trying.',
        'Log in as the clinic user, or ask the field engineer to add this user to the group.',
      ],
      'other-version': [
        'The program and this screen are of different versions. This screen keeps trying.',
        'Leave this screen and start it again. If this stays, call support.',
      ],
    },
    codes: {
      'no-answer': 'BOX-SILENT',
      'no-permission': 'BOX-DENIED',
      'other-version': 'BOX-VERSION',
    },
    starting: 'Asking the box ...',
    leave: 'q leaves this screen.',
  },

  tooSmall: (columns: number, rows: number) =>
    `This window is too small. Make it at least ${columns} columns wide and ${rows} rows high.`,

  problems: {
    pressEnter: 'Press Enter to see what to do.',
    pressTwo: 'Press 2 to see which.',
    pressA: 'Press a to see what to do.',
    more: (count: number) => `(${count} more)`,
    none: 'Nothing needs help. Press Esc to go back.',
    wellIdle: 'All is well: nothing waits to be sent.',
    wellBusy: (count: number) =>
      count === 1
        ? 'All is well: 1 study is on the way.'
        : `All is well: ${count} studies are on the way.`,
    pressHelp: 'Press ? for help.',
    needHelp: (count: number, reason: string) => {
      const who = count === 1 ? '1 study needs help' : `${count} studies need help`;
      return reason === '' ? `${who}.` : `${who}: ${reason}.`;
    },
    needHelpNext: 'Press Esc, then 2, then Enter on a study to see what to do.',
    linkDown: 'The link is down. Images are safe on this box.',
    linkDownNext:
      'Wait: all is sent by itself when the link is back. If other devices have internet, call support.',
    linkNever: 'The reading center was not reached yet.',
  },

  /**
   * Better words for the codes of the box's alerts and of a study's help; a code not here shows as it came. `short`
   * follows "1 study needs help:"; `sentence` has at most 50 characters, so that a key fits behind it.
   */
  codes: {
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
    'NOT-PAIRED': {
      sentence: 'Nothing is sent: no reading center is paired yet.',
      next: 'Ask the field engineer to pair this box. The images are safe here until then.',
    },
    'PAIRING-STOPPED': {
      hasMore: true,
      sentence: 'Nothing is sent: the pairing was stopped.',
      next: 'Call the reading center. The images are safe on this box.',
    },
    'NOT-CONFIRMED': {
      hasMore: true,
      sentence: 'The center did not confirm what was sent.',
      next: 'Call the reading center. The images are safe on this box.',
    },
    QUARANTINE: {
      hasMore: true,
      sentence: 'Something from the center could not be accepted.',
      next: 'Call the reading center. Nothing was thrown away.',
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
      next: 'If it is yours, ask the field engineer to add it to the box.',
    },
    'NEEDS-IDENTITY': {
      short: 'no legal study number',
      sentence: 'The images came without a legal study number.',
      next: 'Send them again from the modality. If it happens again, call its service.',
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
  } as Readonly<Record<string, CodeWords>>,

  commands: {
    up: { short: 'move', help: 'Move the cursor, or scroll a long text.' },
    down: { short: 'move', help: 'Move the cursor, or scroll a long text.' },
    'scroll up': { short: 'scroll', help: 'Move the cursor, or scroll a long text.' },
    'scroll down': { short: 'scroll', help: 'Move the cursor, or scroll a long text.' },
    'page up': { short: '', help: 'Move by one screen.' },
    'page down': { short: '', help: 'Move by one screen.' },
    first: { short: '', help: 'Go to the first line, or to the last.' },
    last: { short: '', help: 'Go to the first line, or to the last.' },
    open: { short: 'open', help: 'Open the study under the cursor.' },
    'clear find': { short: 'clear', help: 'Go back; after finding, show all studies again.' },
    back: { short: 'back', help: 'Go back; after finding, show all studies again.' },
    find: { short: 'find', help: 'Find studies by name, ID, accession number or type.' },
    'change find': { short: '', help: 'Find studies by name, ID, accession number or type.' },
    'view all': { short: '', help: 'Show all studies, or only some of them.' },
    'view needs help': { short: '', help: 'Show all studies, or only some of them.' },
    'view on the way': { short: '', help: 'Show all studies, or only some of them.' },
    'view delivered': { short: '', help: 'Show all studies, or only some of them.' },
    'read report': { short: 'read report', help: 'Read the report of the study that is open.' },
    'other report': { short: 'other report', help: 'Read the report of the study that is open.' },
    export: { short: 'export', help: 'Write the report to a file in the export folder.' },
    problems: { short: 'problems', help: 'See all that is wrong with the box and what to do.' },
    'hide names': { short: 'hide names', help: 'Hide the names of patients, or show them again.' },
    'show names': { short: 'show names', help: 'Hide the names of patients, or show them again.' },
    help: { short: 'help', help: 'Show this page.' },
    quit: { short: 'quit', help: 'Leave this screen. The box goes on working.' },
  },
  keyNames: {
    up: 'Up',
    down: 'Down',
    pageup: 'PgUp',
    pagedown: 'PgDn',
    home: 'Home',
    end: 'End',
    enter: 'Enter',
    esc: 'Esc',
    left: 'Left',
    right: 'Right',
    backspace: 'Backspace',
    ' ': 'Space',
  } as Readonly<Record<string, string>>,
  helpGlyphs: 'Signs:  !! needs help   >> moving   .. waiting   <- coming in   ok done',
  helpSafe: 'Nothing on this screen can lose an image. Ctrl+C leaves at any time.',

  /** Sentences of the command line. */
  cli: {
    usage: `Usage: outpost tui [--plain | --json] [--hide-names] [--socket PATH] [--export-dir DIR]

Shows the studies of this box, where each one is, and what needs help.

  --plain           Print the list once as text (screen readers, scripts, remote support)
  --json            Print status and studies once as one JSON object
  --hide-names      Start with the names of patients hidden
  --socket PATH     The box's program answers here (default: /run/outpost/appliance.sock)
  --export-dir DIR  Reports are written to this folder (default: outpost-reports at home)
  --config FILE     Defaults for the two above (default: /etc/outpost/tui.json when it is there)
  --help            Print this text

Exit codes: 0 all well, 64 wrong use, 69 the box's program does not answer, 78 wrong config`,
    opening: 'Opening the screen of the box ...',
    badTerminal: 'This terminal cannot hold the screen, so the list is printed once.',
  },
} as const;
