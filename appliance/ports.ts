import type { DatabaseFault } from '#sync/core/database.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';

import type { BoxFact, ReportFact } from './store/facts.ts';
import type { Order, OrderPriority } from './store/facts-orders.ts';
import type { StudyPriority } from './store/facts-priority.ts';
import type { InstanceKey, InstanceOfStudy, InstanceState } from './store/instance-states.ts';
import type { StudyOrigin } from './store/origin.ts';
import type { RuleGround } from './store/rule-ground.ts';
import type { Arrival, StoredRecord } from './store/stored-record.ts';
import type { HeldPair, TwinPair } from './store/twins.ts';

export type { Caller } from '#sync/dimse/storage.ts';
export type { Center, Pairing } from './ports-pairing.ts';
export type { BoxFact, ReportFact } from './store/facts.ts';
export type { InstanceKey, InstanceOfStudy, InstanceState } from './store/instance-states.ts';
export type { Arrival, StoredRecord } from './store/stored-record.ts';
export type { HeldPair } from './store/twins.ts';

export type StoreFault = Fault<
  'store/full' | 'store/io' | 'store/closed' | 'store/damaged' | 'store/too-large'
>;

/** Takes the bytes of one instance. One writer is one instance in one lane. */
export interface InstanceWriter {
  /** Copies dataset bytes. False: stop until `drained` resolves. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /**
   * The first 262,144 bytes of the dataset so far, for reading its attributes. A view into the writer's memory, good
   * until `finish` or `abort`.
   */
  head(): Uint8Array;
  /** Writes the tail and waits for the grouped fdatasync: `ok` means durable, and success may be said. */
  finish(ids: {
    readonly studyInstanceUid: string | undefined;
    readonly seriesInstanceUid: string | undefined;
  }): Promise<Result<StoredRecord, StoreFault>>;
  /** Gives the instance up. Its torn bytes stay, counted; the lane goes on in a new segment. */
  abort(): void;
}

/** The append-only store of instances (storage rules of the design). */
export interface InstanceStore {
  /**
   * A writer in a free lane (at most eight are open; more callers wait). Fails at once when the disk is full;
   * `mayUseReserve` is for copies that make room.
   */
  begin(arrival: Arrival, mayUseReserve?: boolean): Promise<Result<InstanceWriter, StoreFault>>;
  /** Reads `length` payload bytes from `offset` within the payload of a record. The caller owns the buffer. */
  read(
    record: Pick<StoredRecord, 'segment' | 'payloadOffset' | 'payloadSizeBytes'>,
    offset: number,
    length: number,
  ): Promise<Result<Uint8Array, StoreFault>>;
  /** Every whole record from `from` on (a byte offset by segment; absent = 0), in order, for replay and rebuild. */
  records(from: ReadonlyMap<string, number>): AsyncIterable<StoredRecord>;
  /** Bytes free for new instances, and whether intake must refuse. */
  space(): Promise<{
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly isFull: boolean;
  }>;
  /** Torn tails that were found and kept since the start. */
  tornTails(): number;
  close(): Promise<void>;
}

/** The disk of the data folder as a whole. */
export interface DataDisk {
  /**
   * Writes a few bytes and makes them durable, in a file of its own. `store/io`: the disk cannot be written, and its
   * `cause` is the system's error.
   */
  probe(): Promise<Result<void, StoreFault>>;
  /**
   * Lets the ballast go when nearly nothing is left, and takes it back when there is plenty. `isShort` while it is
   * gone; `isOutOfFiles` when no more than a handful of files can be made, whatever the bytes say.
   */
  room(): Promise<{ readonly isShort: boolean; readonly isOutOfFiles: boolean }>;
}

/** A place in the log of facts: file name and byte offset behind the last fact that counts. */
export interface FactPosition {
  readonly file: string;
  readonly offset: number;
}

/** The append-only log of what happened to letters (`letters/` in the data folder). */
export interface FactLog {
  /** Appends `facts` in one write; durable on `ok`. The answer is the place behind them. */
  append(facts: readonly BoxFact[]): Promise<Result<FactPosition, StoreFault>>;
  /** Every whole fact behind `from` (undefined: all), in order. A torn or damaged line is counted and skipped. */
  read(
    from: FactPosition | undefined,
  ): AsyncIterable<{ readonly fact: BoxFact; readonly position: FactPosition }>;
  /** Lines that could not be read since the start. */
  damagedLines(): number;
  close(): Promise<void>;
}

/** One durable record and what its first bytes told; an entry of the catalog to be. */
export interface CatalogEntry {
  readonly record: StoredRecord;
  readonly attributes: InstanceAttributes;
  /** Copied from another segment of this store: nothing new for anybody. */
  readonly isMoved?: boolean;
}

/** Bytes `from` (inclusive) to `to` (exclusive) of a stored Part 10 object. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An instance that waits to be sealed, oldest first, with the ranges that packs already hold. */
export interface PendingInstance extends InstanceKey {
  readonly arrivedAtMs: number;
  readonly segment: string;
  readonly recordOffset: number;
  readonly payloadOffset: number;
  readonly payloadSizeBytes: number;
  readonly fileHeaderSizeBytes: number;
  readonly covered: readonly ByteRange[];
}

/** What sealing must know of a study that has something left to seal. */
export interface SealingStudy {
  readonly study: string;
  /** How soon it travels: its place in `studyPriorities`. */
  readonly class: 0 | 1 | 2 | 3;
  /** Root public key of the center that a person named or that has packs of it; undefined: rules decide. */
  readonly addressee: string | undefined;
  readonly ground: RuleGround;
  /** The newest manifest says whether it is STAT as it is now. */
  readonly isPriorityTold: boolean;
  /** The random group of the study's packs, or undefined before the first one. */
  readonly group: string | undefined;
  /** Instances that no pack holds whole. */
  readonly pendingCount: number;
  /** Version of the newest manifest; 0 before the first. */
  readonly manifestVersion: number;
  /** How many manifests carried a list, and when the last of them was sealed (wall clock; undefined: none). */
  readonly listCount: number;
  readonly lastListAtMs: number | undefined;
  /** The newest list names every instance that is to be delivered. */
  readonly isListed: boolean;
  /** A manifest carried the study's order as it is now; true without an order. */
  readonly isOrderTold: boolean;
}

export interface ListedInstance extends InstanceKey {
  readonly sopClassUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly sizeBytes: number;
}

/** What is known of the patient and the study, from the images, and what was ordered. */
export interface StudyHeader {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly issuerOfPatientId: string;
  readonly patientName: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly accessionNumber: string;
  readonly studyDescription: string;
  readonly studyDate: string;
  readonly studyTime: string;
  /** Joined by `\`, in alphabetical order. */
  readonly modality: string;
  readonly priority: {
    readonly level: StudyPriority;
    /** Who says so; null: nobody, it is what studies usually are. */
    readonly cause: PriorityCause | null;
  };
  readonly order: Order | undefined;
}

/** A person by name, a rule of the config by name, or the order by its priority. */
export interface PriorityCause {
  readonly kind: 'person' | 'rule' | 'order';
  readonly name: string;
}

/** What the rules of priority ask of the catalog. */
export interface PriorityCatalog {
  ruleGrounds(studies: readonly string[]): Promise<
    readonly {
      readonly study: string;
      readonly callingAeTitle: string;
      readonly modalities: readonly string[];
      readonly orderPriority: OrderPriority | undefined;
      /** What rules said of it before. */
      readonly byRule: StudyPriority | undefined;
    }[]
  >;
}

/** A study with images or packs that are not at the relay, and that nothing holds back here. */
export interface WaitingStudy {
  readonly study: string;
  readonly class: 0 | 1 | 2 | 3;
  /** Arrival of its first image, or when a person asked that it is sent (wall clock). */
  readonly waitingSinceMs: number;
  /** Bytes of images that no pack holds yet. */
  readonly unsealedBytes: number;
}

/** A sealed pack that no relay has in custody yet. */
export interface OpenPack {
  readonly packId: string;
  /** Root public key of the center it is sealed to. */
  readonly center: string;
  readonly class: 0 | 1 | 2 | 3;
  /** Small and waited for: goes before the images of its class. */
  readonly isLetter: boolean;
  /** Arrival or release of its study, or when it was sealed (wall clock). */
  readonly waitingSinceMs: number;
  readonly group: string;
  readonly sizeBytes: number;
  readonly study: string | null;
}

/** A manifest this box sealed. */
export interface OwnManifest {
  readonly packId: string;
  readonly study: string;
  readonly center: string;
  readonly version: number;
  /** The center that the study is addressed to now. */
  readonly addressee?: string | undefined;
  readonly listedDigests: ReadonlySet<string> | undefined;
}

/** A stored report, newest version first within its id. */
export interface StoredReport extends Omit<ReportFact, 'fact'> {
  /** The manifest that was read lists fewer instances than the study has now. */
  readonly isOlderThanImages: boolean;
}

/** All that the screen's row of a study is derived from. */
export interface StudyRecord extends StudyHeader, StudyOrigin {
  readonly callingAeTitle: string;
  readonly isIdentified: boolean;
  readonly firstArrivedAtMs: number;
  readonly lastArrivedAtMs: number;
  readonly seriesCount: number;
  readonly sizeBytes: number;
  readonly counts: Readonly<Record<InstanceState, number>>;
  /** Bytes of instances that no pack holds yet. */
  readonly unsealedBytes: number;
  readonly isListed: boolean;
  /** Instances that the device reports as made and that never came. */
  readonly missingCount: number;
  /** Root public key of the center that a person named or that has packs of it. */
  readonly addressee: string | null;
  /** Orders are in use, and none leads here. */
  readonly isUnordered: boolean;
  readonly firstSealedAtMs: number | null;
  /** Sealed bytes the relay has in custody, and when the last of them was taken. */
  readonly custodyBytes: number;
  readonly lastCustodyAtMs: number | null;
  readonly openPacks: readonly { readonly packId: string; readonly sizeBytes: number }[];
  readonly deliveredAtMs: number | null;
  readonly destination: string | null;
  /** When the last of what is purged left this box. */
  readonly purgedAtMs: number | null;
  readonly isPinned: boolean;
  /** The first of two people who wants what is rejected gone for good. */
  readonly discardAskedBy: string | null;
  readonly reports: readonly StoredReport[];
}

/** The index of all that is stored: a projection of segments and facts that can be deleted and made again. */
export interface Catalog {
  /** Enters instances in order. The same UID and digest again is noted as a copy; another digest is held. */
  addInstances(
    entries: readonly CatalogEntry[],
  ): Promise<Result<readonly HeldPair[], DatabaseFault>>;
  /** Marks segments as read behind records that were buried and are not entered again. */
  passOver(
    records: readonly Pick<StoredRecord, 'segment' | 'nextOffset'>[],
  ): Promise<Result<void, DatabaseFault>>;
  /** Applies facts that are durable up to `position`. Idempotent. */
  apply(facts: readonly BoxFact[], position: FactPosition): Promise<Result<void, DatabaseFault>>;
  /** How far segments and facts are entered, for the replay at start. */
  progress(): Promise<{
    readonly segments: ReadonlyMap<string, number>;
    readonly facts: FactPosition | undefined;
  }>;

  /** A held object and the one that goes on in its place; undefined when all are compared. */
  uncompared(): Promise<TwinPair | undefined>;
  sealingStudies(): Promise<readonly SealingStudy[]>;
  /** At most `limit` instances of a study that no pack holds whole, oldest first. */
  pendingInstances(study: string, limit: number): Promise<readonly PendingInstance[]>;
  listedInstances(study: string): Promise<readonly ListedInstance[]>;
  studyHeader(study: string): Promise<StudyHeader | undefined>;
  /** Who has a Patient ID here: the header of each of their studies that is no held outside one, newest first. */
  patientsOf(patientId: string): Promise<readonly StudyHeader[]>;
  /** Packs without custody in the order of sealing, each with the class that its study has now. */
  openPacks(): Promise<readonly OpenPack[]>;
  waitingStudies(): Promise<readonly WaitingStudy[]>;
  /**
   * Packs in custody that hold or list instances which the center has not confirmed, of studies with nothing left to
   * send. `resends`: lists of the study that were given up before, so how often it was sent again.
   */
  unconfirmedPacks(): Promise<
    readonly { readonly packId: string; readonly study: string; readonly resends: number }[]
  >;
  /** Packs without custody that hold or list instances which a person rejected. */
  unwantedPacks(): Promise<readonly string[]>;
  /** Packs of images without custody, all of whose images the center signed for: a stick was faster than the link. */
  deliveredPacks(): Promise<readonly string[]>;
  /** Those of these packs that were given up, or whose study is addressed to another center now. */
  droppedAmong(packIds: readonly string[]): Promise<readonly string[]>;
  /** The center of a study that a person named or that has packs of it. */
  addresseeOf(study: string): Promise<string | undefined>;
  /** Reports that are shown and whose receipt is not sealed yet (or was lost). */
  unansweredReports(): Promise<readonly StoredReport[]>;
  manifest(packId: string): Promise<OwnManifest | undefined>;
  /** Pack ids of the manifests of a study that were sealed to a center, oldest first. */
  manifestsOf(study: string, center: string): Promise<readonly string[]>;
  /** Every pack from a center that was opened or put into quarantine. */
  openedPacks(): Promise<
    readonly { readonly packId: string; readonly signer: string; readonly uid: string }[]
  >;
  reportVersions(report: string): Promise<readonly StoredReport[]>;
  registerVersion(register: string): Promise<number | undefined>;
  /** Every study, or the one named, newest arrival first. */
  studies(study?: string): Promise<readonly StudyRecord[]>;
  /** What is not over yet and the newest of what is; with `find`, older ones with all its words too. */
  listedStudies(find?: string): Promise<ListedStudies>;
  /** All studies that need help, and perhaps some that do not: which do is for the reader of the record to say. */
  suspectStudies(): Promise<readonly StudyRecord[]>;
  /** Studies without an identity, and outside studies. */
  unassignedStudies(): Promise<readonly StudyRecord[]>;
  /** By UID and digest, behind `after`, at most `limit`; all of them when neither is given. */
  instances(after?: InstanceKey, limit?: number): Promise<readonly InstanceOfStudy[]>;
  reportDocument(
    reportId: string,
  ): Promise<{ readonly type: string; readonly sha256: string } | undefined>;
  totals(): Promise<CatalogTotals>;
  /** The newest registers of the center, and what stands in quarantine. */
  quarantined(): Promise<readonly { readonly packId: string; readonly reason: string }[]>;
}

/** Studies in no order, and how many more there are. */
export interface ListedStudies {
  readonly studies: readonly StudyRecord[];
  readonly older: number;
}

export interface CatalogTotals {
  readonly studies: number;
  readonly instances: number;
  /** Instances that are neither delivered nor purged. */
  readonly onlyHere: number;
}

/** Files of what came from a center. Every write is durable on return and may be made again. */
export interface LetterFiles {
  putReportDocument(sha256: string, bytes: Uint8Array): Promise<Result<void, StoreFault>>;
  readReportDocument(sha256: string): Promise<Uint8Array | undefined>;
  /** Keeps what failed a check, with one line that says why beside it. */
  quarantine(packId: string, bytes: Uint8Array, reason: string): Promise<Result<void, StoreFault>>;
  /** Keeps a pack that counted (receipts, reports) as it came: evidence. */
  keepLetter(packId: string, bytes: Uint8Array): Promise<Result<void, StoreFault>>;
}

/** Numbers for packs, unique in their stream (sequences of sealed-pack design); leased durably. */
export interface Sequence {
  readonly stream: Uint8Array;
  next(): Promise<bigint>;
}
