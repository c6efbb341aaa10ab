import { isoOf } from '../core/clock.ts';
import type { AgentState } from '../wire/agent-state.ts';
import type { DestinationState } from './deliver.ts';
import type { LedgerCounts, StudyLine } from './ports-ledger.ts';
import type { Party } from './ports-party.ts';
import type { HeldReason, QuarantineReason } from './ports-store.ts';
import type { ResendState } from './resends.ts';
import type { OtherList } from './restored.ts';

/** `GET /v1/status` of the center, also what `outpost status` prints. */
export interface CenterStatus {
  readonly name: string;
  readonly zones: 'enforced' | 'off';
  readonly nowAt: string;
  readonly link: {
    readonly state: AgentState['link'];
    readonly rateBytesPerS: number;
    readonly lastContactAt: string | null;
  };
  readonly destination: DestinationState & { readonly name: string };
  readonly counts: LedgerCounts & {
    readonly heldPacks: number;
    readonly quarantinedPacks: number;
    /** Studies asked for again of which not all is delivered yet. */
    readonly askedAgain: number;
    /** Studies of which something is missing that nobody but a person asks for any more. */
    readonly toAskAgain: number;
  };
  readonly boxes: readonly { readonly site: string; readonly state: string }[];
  /** Days until the current receiving key is to be followed; null: nobody noted when it began. */
  readonly epochLeftDays: number | null;
  /** Boxes that no record of pairing names, and what is kept sealed of them. */
  readonly unknownBoxes: readonly UnknownBox[];
  readonly quarantine: readonly QuarantineReason[];
  /** Studies that were asked for again, or should be, and are not delivered yet; at most 100. */
  readonly resends: readonly ResendState[];
  readonly alarms: readonly Alarm[];
}

/** A box that is not known here, by its identity key in hex. */
export interface UnknownBox {
  readonly identity: string;
  readonly packs: number;
  readonly sizeBytes: number;
  readonly sinceAt: string;
}

/** What is held of boxes that no record of pairing names, by box, the longest first. */
export function unknownBoxes(held: readonly HeldReason[]): readonly UnknownBox[] {
  const strangers = held.filter(({ why }) => why === 'unknown-box');
  const boxes = Map.groupBy(strangers, ({ signer }) => signer ?? '');
  return [...boxes].map(([identity, own]) => ({
    identity,
    packs: own.length,
    sizeBytes: own.reduce((sum, each) => sum + each.sizeBytes, 0),
    sinceAt: own.map(({ at }) => at).toSorted()[0] ?? '',
  }));
}

/** Something a person must look at. */
export interface Alarm {
  /** Code for support. */
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** `GET /v1/studies` of the center: ledger states, newest study first. */
export interface CenterStudies {
  readonly studies: readonly StudyLine[];
}

/** What the status is made of. */
export interface StatusFacts {
  readonly party: Party | undefined;
  readonly zones: CenterStatus['zones'];
  readonly destinationName: string;
  readonly destination: DestinationState;
  readonly agent: AgentState | undefined;
  readonly counts: LedgerCounts;
  readonly heldPacks: number;
  readonly held: readonly HeldReason[];
  readonly quarantine: { readonly count: number; readonly newest: readonly QuarantineReason[] };
  readonly resends: readonly ResendState[];
  readonly otherList?: OtherList | undefined;
  readonly diskFault: string | undefined;
  readonly nowMs: number;
}

const mostResends = 100;

/** The status, with every alarm that its facts call for. */
export function statusOf(facts: StatusFacts): CenterStatus {
  const { party, agent, counts } = facts;
  return {
    name: party?.keyList.name ?? '',
    zones: facts.zones,
    nowAt: isoOf(facts.nowMs),
    link: {
      state: agent?.link ?? 'unknown',
      rateBytesPerS: agent?.rateBytesPerS ?? 0,
      lastContactAt: agent?.lastContactAt ?? null,
    },
    destination: { ...facts.destination, name: facts.destinationName },
    counts: {
      ...counts,
      heldPacks: facts.heldPacks,
      quarantinedPacks: facts.quarantine.count,
      askedAgain: facts.resends.filter(({ isOpen, asks }) => isOpen && asks > 0).length,
      toAskAgain: facts.resends.filter(({ needsPerson }) => needsPerson).length,
    },
    boxes: (party?.tickets ?? []).map(({ site, state }) => ({ site, state })),
    epochLeftDays: party?.epochLeftDays ?? null,
    unknownBoxes: unknownBoxes(facts.held),
    quarantine: facts.quarantine.newest,
    resends: facts.resends.filter(({ isOpen }) => isOpen).slice(0, mostResends),
    alarms: alarmsOf(facts),
  };
}

/** Another machine, or this one before it was put back from a backup, signed with the root of this center. */
function otherListAlarms(other: OtherList | undefined): readonly Alarm[] {
  if (other === undefined) return [];
  const isRestored = other.verdict === 'higher';
  return [
    isRestored
      ? {
          code: 'RESTORED',
          message: `A relay has a newer key list of this center than number ${other.list}, which is here: this center was put back from a backup`,
          next: 'Take the stick with the root: outpost keys restored. Boxes then offer again what they still have',
        }
      : {
          code: 'TWO-LISTS',
          message: `A relay has another key list of this center with the number ${other.list}, signed by its root`,
          next: 'Somebody else changed the keys: find out who has the root, or which machine is the right one',
        },
  ];
}

function alarmsOf(facts: StatusFacts): readonly Alarm[] {
  const { counts, destination, quarantine } = facts;
  const alarms: Alarm[] = [];
  const add = (isOn: boolean, code: string, message: string, next: string): void => {
    if (isOn) alarms.push({ code, message, next });
  };
  add(
    facts.party === undefined,
    'KEYS',
    'The keys of the center cannot be used: nothing is opened or answered',
    'Run: outpost keys list',
  );
  alarms.push(...otherListAlarms(facts.otherList));
  add(
    facts.diskFault !== undefined,
    'DISK',
    facts.diskFault ?? '',
    'Free space or replace the disk; the work goes on by itself',
  );
  add(
    destination.state === 'down',
    'PACS-DOWN',
    `The destination does not take images: ${destination.fault ?? 'no answer'}`,
    'Check the PACS; deliveries are tried again by themselves',
  );
  add(
    destination.state !== 'down' && counts.lastFault !== null,
    'PACS-REFUSED',
    `The destination refuses an image: ${counts.lastFault ?? ''}`,
    'Check what the PACS accepts; it is tried again by itself',
  );
  add(
    counts.instances.conflict > 0,
    'CONFLICT',
    `${counts.instances.conflict} image(s) have the UID of another image and are held`,
    'Compare both; the first one was delivered',
  );
  add(
    quarantine.count > 0,
    'QUARANTINE',
    `${quarantine.count} pack(s) could not be believed`,
    'Read the reasons in the quarantine folder',
  );
  add(
    facts.heldPacks > 0,
    'HELD',
    `${facts.heldPacks} pack(s) wait for their box to be confirmed or released, or for a receiving key that is not here`,
    'Run: outpost pair list, then outpost keys list; outpost pair release lets in what a replaced box had under way',
  );
  const unknown = unknownBoxes(facts.held);
  add(
    unknown.length > 0,
    'UNKNOWN-BOX',
    `${unknown.length} box(es) send that no record of pairing names; what they send is kept sealed`,
    'Run: outpost pair list. After a restore ask each for its return; a box that nobody knows needs a card',
  );
  const unasked = facts.resends.filter(({ needsPerson }) => needsPerson);
  add(
    unasked.length > 0,
    'RESEND',
    `${unasked.length} study(ies) came damaged again, though asked for twice`,
    'Call the clinic, then run: outpost resend STUDY; the studies stand under resends',
  );
  for (const { code, message } of facts.party?.epochWarnings ?? []) {
    add(true, code, message, 'Take the stick with the root: outpost keys epoch next, or add');
  }
  const sitesIn = (state: string, isBack = false): string =>
    (facts.party?.tickets ?? [])
      .filter((ticket) => ticket.state === state && (ticket.returnedAt !== undefined) === isBack)
      .map(({ site }) => site)
      .join(', ');
  add(
    sitesIn('claimed') !== '',
    'WORDS',
    `A box waits for its words: ${sitesIn('claimed')}`,
    'Run: outpost pair list, then call the clinic',
  );
  add(
    sitesIn('claimed', true) !== '',
    'RETURNED',
    `A box showed a grant of this center of which no record is here: ${sitesIn('claimed', true)}`,
    'Run: outpost pair list; if it was not revoked since the backup: outpost pair readmit',
  );
  add(
    sitesIn('disputed') !== '',
    'DISPUTE',
    `Two boxes asked with one card: ${sitesIn('disputed')}`,
    'Call the clinic, then run: outpost pair cancel, and make a new card',
  );
  add(facts.zones === 'off', 'ZONES', 'Zones are not enforced', 'For demos and tests only');
  return alarms;
}
