import { address } from './en-address.ts';
import { codes } from './en-codes.ts';
import { commands, keyNames } from './en-commands.ts';
import { devices } from './en-devices.ts';
import { pairing } from './en-pairing.ts';

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
    unknown: 'not known',
    lastContact: (ago: string) => `last contact ${ago}`,
    noContact: 'no contact yet',
    disk: (percent: number, word: string) => `DISK ${percent}% used, ${word}`,
    diskUnknown: 'DISK not known',
    diskOk: 'ok',
    diskFilling: 'filling',
    diskFull: 'FULL',
    diskFailing: 'FAILING',
    zonesOff: 'zones not enforced',
    back: '< Esc back',
    study: 'STUDY',
    report: 'REPORT',
    problems: 'WHAT TO DO',
    devices: 'DEVICES THAT CALL',
    pairing: 'WORDS OF A PAIRING',
    address: 'TO ANOTHER CENTER',
    help: 'HELP',
  },

  states: {
    receiving: 'RECEIVING',
    waiting: 'WAITING',
    sending: 'SENDING',
    'at center': 'SENT',
    delivered: 'DELIVERED',
    'report ready': 'REPORT READY',
    'read back': 'READ BACK',
    'needs help': 'NEEDS HELP',
    'set aside': 'SET ASIDE',
    outside: 'OUTSIDE',
  },
  /** One sentence on each state, for the study's own screen. */
  stateSentences: {
    receiving: 'Images are still coming in. Each one is safe as soon as it is counted here.',
    waiting: 'Waiting to be sent. The images are safe on this box.',
    sending: 'On its way to the reading center. The images are safe on this box.',
    'at center': 'All sent. The reading center has not confirmed every image yet.',
    delivered: 'The reading center has every image. The report is still to come.',
    'report ready': 'The report is here. Press r to read it.',
    'read back': 'The report was read back to the reading center.',
    'needs help': 'This study needs help.',
    'set aside': 'A supervisor set it aside. It is kept on this box and not sent.',
    outside: 'From a disc or stick: kept here, and sent only when asked for.',
  },

  critical: {
    word: 'CRITICAL',
    sentence: 'The report names a critical finding. Press r to read it now.',
    finding: (text: string) => `Critical finding: ${text}`,
    alarm: (count: number) =>
      count === 1
        ? 'A report names a critical finding.'
        : `${count} reports name a critical finding.`,
    next: 'Press Esc, then 1, Home and Enter, then r. Tell the doctor of the patient at once; call the reading center for more.',
    pressEnter: 'Press Enter, then r to read it.',
    pressHome: 'Press 1, Home and Enter.',
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
      when: 'WHEN',
    },
    stat: 'STAT',
    pressEnter: 'press Enter',
    from: (aeTitle: string) => `from ${aeTitle}`,
    fromFile: 'from a file',
    hiddenName: '(name hidden)',
    notHere: (patientId: string) => `not here: ${patientId}`,
    order: 'order: needs you, then as they will be sent, then delivered',
    worklist: (count: number) => (count === 1 ? '1 order' : `${count} orders`),
    older: (count: number) => `${count} older ones are found with /`,
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

  tryNow: {
    asked: 'Trying the link now. The images are safe meanwhile.',
  },

  priority: {
    asking: 'Telling the box ...',
    stat: 'STAT: this study is sent before all others. Press s again to take it back.',
    lowered: 'No longer STAT by your word.',
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
      center: 'Center',
      order: 'Order',
      missing: 'Missing',
    },
    fromAeTitle: (aeTitle: string) => `AE title ${aeTitle}`,
    fromFile: 'a file',
    lossy: (from: string) => `${from}, lossy`,
    hidden: '(hidden)',
    counts: (series: number, images: number, size: string) =>
      `${series} series, ${images} ${images === 1 ? 'image' : 'images'}, ${size}`,
    levels: { stat: 'STAT', urgent: 'urgent', routine: 'routine', bulk: 'last' },
    causes: {
      person: (level: string, name: string) => `${level}, says ${name}`,
      rule: (level: string, name: string) => `${level}, rule ${name}`,
      order: (level: string) => `${level}, by the order`,
    },
    askedAgain: 'was put back from a backup: it is asked again if it has all of it',
    noOrder: 'none leads to this study: was it ordered under another number?',
    missing: (images: number) =>
      `${images} ${images === 1 ? 'image that the device reports' : 'images that the device reports'} did not come`,
    noReport: 'none yet',
    sent: (about: string) => `Being sent, ${about} left. It is safe on this box.`,
    turn: (about: string) => `Waiting to be sent, ${about} left. It is safe on this box.`,
    behind: (before: string, about: string) =>
      `Behind ${before}${about === '' ? '' : `, ${about}`}. It is safe here.`,
    holds: {
      link: () => 'The link is down. It goes by itself later, and is safe here.',
      timetable: (until: string) => `Only STAT may leave${until}. Press s to send it now.`,
      budget: (until: string) => `The data budget is short${until}. Press s to send it now.`,
    },
    until: (when: string) => ` until ${when}`,
    before: (count: number, level: string) => `${count} ${level}`,
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

  /** What leads in why an action was not done. */
  failed: {
    decide: 'Nothing was decided',
    prioritise: 'Nothing was changed',
    address: 'Nothing was changed',
    'confirm words': 'Not compared',
    'try now': 'The link is not tried',
    export: 'The report was not written',
  },

  notes: {
    exporting: 'Writing the report ...',
    exported: (path: string) => `Written to ${path}`,
    stillActing: 'Wait: the box has not answered the last action yet.',
    unanswered: 'The box gave no answer: look whether it was done before you try again.',
  },

  silence: {
    'no-answer': "The box's program does not answer.",
    'no-permission': 'This user may not look at the box.',
    'other-version': "The box's program speaks another version.",
    trying: 'This screen keeps trying.',
    listOld: 'The list below is old: the box does not answer. This screen keeps trying.',
    asOf: (when: string) => `as of ${when}`,
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
      'Wait: all is sent by itself when the link is back; r in the list tries now. If other devices have internet, call support.',
    linkNever: 'The reading center was not reached yet.',
  },

  address,
  codes,
  devices,

  pairing,

  commands,
  keyNames,
  helpGlyphs: 'Signs:  !! needs you   >> moving   .. waiting   <- coming in   ok done',
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
