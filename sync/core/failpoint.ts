/** What a file goes through that is written beside its final name; each step is a place to die at. */
const wholeFile = ['written', 'synced', 'renamed', 'durable'] as const;

/**
 * Every durable step of the programs, by what is made durable. A step is named by what has just happened: a kill at
 * `segment/synced` leaves a record that was synced and not yet answered. Files written whole share four steps: bytes
 * in the temporary file, fsync of it, rename, fsync of the folder.
 */
export const failpoints = {
  /** The segment that holds instances: its header, a record without its tail, a whole one, its `fdatasync`;
   * `durable` = before the success; `adopted` = at the next start the last record, of uncertain standing, was synced. */
  segment: ['begun', 'tailless', 'written', 'synced', 'durable', 'adopted'],
  /** A segment whose room is given back: what is needed is copied; its end is decided; its file is gone, and durably. */
  'segment-reclaim': ['copied', 'decided', 'removed', 'durable'],
  /** `answered` = success was said and no row exists; `added` = rows committed; `applied` = facts committed. */
  catalog: ['answered', 'added', 'applied'],
  /** The log of facts: the line is in the file; it is durable and no row knows. */
  facts: ['written', 'durable'],
  'box-letter': wholeFile,
  'box-document': wholeFile,
  'box-quarantine': wholeFile,
  /** The hot folder: `stored` = the copy is durable and the source is still there. */
  'box-import': ['stored', 'removed', 'rejected'],
  /** What a broken box held comes into the one in its place; `renamed` = its facts are the newest file of the log. */
  'take-over-note': wholeFile,
  'take-over-segment': wholeFile,
  'take-over-letter': wholeFile,
  'take-over-facts': wholeFile,
  'take-over-log': ['renamed', 'durable'],

  /** A file of orders: they are durable and the file is still there; it went. */
  'order-file': ['placed', 'removed'],

  /** What the ceremonies write: seeds of all parties, the rest of the keys, records, and what is carried by hand. */
  'key-seed': wholeFile,
  'key-certificate': wholeFile,
  'key-facts': wholeFile,
  'key-list': wholeFile,
  'pairing-request': wholeFile,
  'pairing-record': wholeFile,
  'pairing-letter': wholeFile,

  /** Number lease of a party that seals. */
  sequence: wholeFile,
  'spool-pack': wholeFile,
  'spool-order': wholeFile,
  'spool-peer': wholeFile,
  'spool-public': wholeFile,
  'spool-taken': wholeFile,
  /** A sealed pack that is in custody left the spool. */
  'spool-sent': ['removed'],
  /** The mark of a taken pack went, since the agent removed the pack. */
  'spool-taken-mark': ['removed'],

  /** A pack that is fetched; `whole` = every byte is here and its hash is right. */
  'agent-part': ['appended', 'whole', 'synced', 'renamed', 'durable'],
  'agent-custody': wholeFile,
  /** A receipt of custody went, since its pack left the spool. */
  'agent-custody-mark': ['removed'],
  'agent-public': wholeFile,
  'agent-state': wholeFile,
  'agent-journal': wholeFile,
  /** A pack on a stick, the stick's list, and a pack from a stick in the spool. */
  'courier-pack': wholeFile,
  'courier-index': wholeFile,
  'courier-taken': wholeFile,
  /** A pack that is safe here left the stick. */
  'courier-cleared': ['removed'],
  /** `told` = the relay took the acknowledgement and the pack is still in the spool. */
  'agent-ack': ['told', 'removed'],

  /** A pack that is brought; `durable` = file and folder are, and no row exists. */
  'relay-part': ['appended', 'whole', 'synced', 'renamed', 'durable'],
  /** `added` = the row is durable and custody was not said. */
  'relay-row': ['added'],
  /** `marked` = the row says that the pack was fetched and its file is still there. */
  'relay-taken': ['marked', 'removed'],
  'relay-list': wholeFile,

  'center-held': wholeFile,
  /** A held pack was taken and left its folder. */
  'center-held-pack': ['removed'],
  'center-object': wholeFile,
  'center-range': wholeFile,
  /** An object put together from ranges. */
  'center-join': ['synced', 'renamed', 'durable', 'cleared'],
  'center-entry': wholeFile,
  'center-quarantine': wholeFile,
  'center-access': wholeFile,
  /** The newest version of what the boxes are told of the destination. */
  'center-abilities': wholeFile,
  /** What is asked for again of one study. */
  'center-resend': wholeFile,
  /** `answered` = the PACS has the instance and nothing here says so. */
  delivery: ['answered'],
  'center-delivered': ['written', 'durable'],
  /** An instance in the delivery folder. */
  'delivery-file': wholeFile,
  /** Commits of the ledger, named by what the rows say now. */
  ledger: ['recorded', 'sending', 'stored', 'sealed', 'custody', 'report'],
  'report-document': wholeFile,
  'report-record': wholeFile,
  /** A dropped report left the folder. */
  'report-source': ['moved'],
  /** Why a report was put aside. */
  'report-reason': wholeFile,
  /** A report that came by DICOM, before success is said. */
  'report-arrival': wholeFile,
} as const;

export type Failpoints = typeof failpoints;
/** Files that are written whole. */
export type WholeFile = {
  [K in keyof Failpoints]: Failpoints[K] extends typeof wholeFile ? K : never;
}[keyof Failpoints];
/** `segment/synced` and the like. */
export type Failpoint = {
  [K in keyof Failpoints]: `${K}/${Failpoints[K][number]}`;
}[keyof Failpoints];

/** Called at each passage; undefined in every ordinary run, and then a passage costs one comparison. */
let onPassage: ((name: Failpoint) => void) | undefined;

/** The program goes through a durable step; says nothing and does nothing unless a test watches. */
export function passage(name: Failpoint): void {
  onPassage?.(name);
}

/** The same for a file that is written whole. */
export function passageOf(file: WholeFile, step: (typeof wholeFile)[number]): void {
  if (onPassage !== undefined) onPassage(`${file}/${step}`);
}

/** Watches every passage of this thread from now on. */
export function watchPassages(watcher: (name: Failpoint) => void): void {
  onPassage = watcher;
}

/** All names, in the order of the table. */
export const failpointNames: readonly Failpoint[] = Object.entries(failpoints).flatMap(
  ([what, steps]) => steps.map((step) => `${what}/${step}` as Failpoint),
);

/** A place in a program, and what becomes of the program there. */
export interface ArmedFailpoint {
  readonly name: Failpoint;
  readonly count: number;
  /** `stop` halts it with everything open, so that its disk can be taken away at this very place. */
  readonly signal: 'kill' | 'stop';
}

/** Reads `name:count` or `name:count:stop`; undefined when the name is not in the table or the count is not positive. */
export function parseFailpoint(text: string): ArmedFailpoint | undefined {
  const [, wanted, digits, stop] = /^([a-z/-]+):([1-9]\d{0,8})(:stop)?$/.exec(text) ?? [];
  const name = failpointNames.find((each) => each === wanted);
  if (name === undefined) return undefined;
  return { name, count: Number(digits), signal: stop === undefined ? 'kill' : 'stop' };
}
