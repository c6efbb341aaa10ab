import type { Alert } from '../api/contract.ts';
import type { CallerQuestion } from '../callers/ports.ts';
import type { Center, Pairing } from '../ports-pairing.ts';
import type { DiskTrouble } from './disk-watch.ts';
import type { EpochStep } from './key-list-watch.ts';
import { sendingCenter } from './pairing.ts';

/** What the alert line of the screen is made of. */
export interface AlertGround {
  /** Undefined while no probe found a way out of the clinical zone. */
  readonly zoneBreach: string | undefined;
  /** Undefined while new studies are taken. */
  readonly diskTrouble: DiskTrouble | undefined;
  readonly hasSpool: boolean;
  readonly unconfirmedStudies: number;
  /** Studies that only a supervisor may send once more. */
  readonly refusedResends: number;
  /** Files that the agent brought and that cannot be read. */
  readonly unreadableArrivals: number;
  /** Centers that name a key list which did not come for an hour. */
  readonly keyListsBehind: number;
  /** The nearest end of a center's epoch in days, 0 when it is over; undefined while it is far. */
  readonly epochStep: EpochStep | undefined;
  readonly pairing: Pairing | undefined;
  readonly quarantined: number;
  /** Callers that wait for a person's word, newest first. */
  readonly callers: readonly CallerQuestion[];
  readonly damagedFacts: number;
  /** Local destinations that have taken nothing for long while images wait for them. */
  readonly stuckDestinations: readonly { readonly destination: string; readonly trouble: string }[];
  /** What the hot folder did lately or could not take; undefined: nothing to tell. */
  readonly imports?: {
    readonly takenFiles: number;
    readonly waitingFiles: number;
    readonly rejectedFiles: number;
  };
  /** Faults of the agent that last: kind and message, fit for a screen. */
  readonly agentFaults: readonly {
    readonly kind: string;
    readonly message: string;
    readonly next: string;
  }[];
}

/** Standing alerts, worst first. Texts are fallbacks: the screen has its own words by code. */
export function alertsOf(ground: AlertGround): readonly Alert[] {
  const alerts: (Alert | undefined)[] = [
    ground.diskTrouble && alert(...diskAlerts[ground.diskTrouble]),
    ground.zoneBreach === undefined
      ? undefined
      : alert(
          'ZONES-OPEN',
          `Nothing is sent: ${ground.zoneBreach}`,
          'Run setup check, then start again',
        ),
    ground.hasSpool
      ? undefined
      : alert(
          'SPOOL-FAILED',
          'Nothing is sent: the spool folder cannot be used',
          'Call support; the images are safe on this box',
        ),
    wordsAlert(ground.pairing),
    pairingAlert(ground.pairing),
    ground.unconfirmedStudies > 0
      ? alert(
          'NOT-CONFIRMED',
          `${ground.unconfirmedStudies} study(ies) were sent, and the center did not confirm them in time`,
          'Call the center; the images are safe on this box',
        )
      : undefined,
    ground.refusedResends > 0
      ? alert(
          'RESEND-LIMIT',
          `${ground.refusedResends} study(ies) must be sent again and need a supervisor: each went twice more already, or the month has had its tenth of the budget`,
          'A supervisor runs: outpost study resend STUDY --by NAME --reason TEXT; the list shows which',
        )
      : undefined,
    ground.quarantined > 0
      ? alert(
          'QUARANTINE',
          `${ground.quarantined} message(s) from the center could not be accepted`,
          'Call the center; they are kept',
        )
      : undefined,
    ground.unreadableArrivals > 0
      ? alert(
          'ARRIVED-UNREADABLE',
          `${ground.unreadableArrivals} message(s) from the center cannot be read on this box`,
          'Call support: the spool folder needs a look; it is tried again',
        )
      : undefined,
    ground.keyListsBehind > 0
      ? alert(
          'KEY-LIST-BEHIND',
          'The center names a newer key list than the one here, and it does not come',
          'Call the center on the number of the contract; it can be brought on a stick',
        )
      : undefined,
    ground.damagedFacts > 0
      ? alert(
          'LOG-DAMAGED',
          'A line of the letter log cannot be read',
          'Call support; the images are safe',
        )
      : undefined,
    ...ground.agentFaults.map(({ kind, message, next }) =>
      alert(kind.replace('/', '-').toUpperCase(), message, next),
    ),
    ground.epochStep === undefined ? undefined : alert(...epochAlerts[ground.epochStep]),
    callerAlert(ground.callers, 'unknown'),
    callerAlert(ground.callers, 'moved'),
    ...ground.stuckDestinations.map(({ destination, trouble }) =>
      alert(
        'FORWARD-STUCK',
        `"${printable(destination)}" has taken no image for an hour: ${printable(trouble)}`,
        'Look at that machine; the images are safe here, and the center gets them all the same',
      ),
    ),
    importAlert(ground.imports),
  ];
  return alerts.filter((each) => each !== undefined);
}

/** Nothing stops when an epoch ends: it is followed late, and a stolen key reads more. */
const epochNext = 'Remind the center of it; sending goes on as before';
const epochAlerts: Readonly<Record<EpochStep, Parameters<typeof alert>>> = {
  60: ['EPOCH-SOON', 'The center must change its key within 60 days', epochNext],
  30: ['EPOCH-NEAR', 'The center must change its key within 30 days', epochNext],
  7: ['EPOCH-ENDS', 'The center must change its key within 7 days', epochNext],
  0: ['EPOCH-OVER', 'The center should have changed its key', epochNext],
};

const diskAlerts: Readonly<Record<DiskTrouble, Parameters<typeof alert>>> = {
  full: [
    'DISK-FULL',
    'The disk is full: new studies are refused',
    'Call support; keep the images on the device',
  ],
  files: [
    'DISK-FILES',
    'The disk can hold no more files: new studies are refused',
    'Call support; keep the images on the device',
  ],
  failing: [
    'DISK-FAILING',
    'The disk cannot be written: new studies are refused, what is sealed is sent',
    'Call support at once; keep the images on the device',
  ],
};

/** How pairing stands, for the status: the sending center, or the one that comes nearest to it. */
export function pairingStatus(pairing: Pairing | undefined): {
  readonly state: string;
  readonly centerName: string | null;
  readonly waiting?: { center: string; words: string[] }[];
} {
  const center: Center | undefined = sendingCenter(pairing) ?? pairing?.centers[0];
  const waiting = (pairing?.waiting ?? []).map(({ center: name, words }) => ({
    center: printable(name),
    words: [...words],
  }));
  return {
    ...{ state: center?.state ?? 'none', centerName: center?.name ?? null },
    ...(waiting.length > 0 && { waiting }),
  };
}

function wordsAlert(pairing: Pairing | undefined): Alert | undefined {
  const [first] = pairing?.waiting ?? [];
  return (
    first &&
    alert(
      'WORDS-WAIT',
      `The words of the pairing with "${printable(first.center)}" are not compared yet`,
      'Compare them with the center on the phone: key c of the screen, or outpost pair confirm',
    )
  );
}

function pairingAlert(pairing: Pairing | undefined): Alert | undefined {
  if (sendingCenter(pairing)) return undefined;
  const center = pairing?.centers[0];
  return center
    ? alert(
        'PAIRING-STOPPED',
        `Nothing is sent: pairing with the center is ${center.grant.state}`,
        'Call the center; the images are safe on this box',
      )
    : alert(
        'NOT-PAIRED',
        'Nothing is sent yet: this box is not paired with a center',
        'Run outpost pair; the images are safe on this box',
      );
}

function callerAlert(
  callers: readonly CallerQuestion[],
  standing: CallerQuestion['standing'],
): Alert | undefined {
  const first = callers.find((caller) => caller.standing === standing);
  if (!first) return undefined;
  const who = `"${printable(first.aeTitle)}"`;
  return standing === 'unknown'
    ? alert(
        'UNKNOWN-CALLER',
        `An unknown device called: ${who} from ${first.address}`,
        'Accept or refuse it: the devices on the screen, or outpost modality',
      )
    : alert(
        'CALLER-MOVED',
        `Device ${who} sends from the new address ${first.address}`,
        'Accept or refuse it there: the devices on the screen, or outpost modality',
      );
}

function importAlert(imports: AlertGround['imports']): Alert | undefined {
  if (!imports) return undefined;
  const { takenFiles, waitingFiles, rejectedFiles } = imports;
  return alert(
    'IMPORT',
    `Import folder: ${takenFiles} file(s) taken, ${waitingFiles} waiting, ${rejectedFiles} set aside`,
    'See why with outpost import',
  );
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function alert(code: string, message: string, next: string): Alert {
  return { code, message, next };
}
