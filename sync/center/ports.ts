import type { Clock } from '../core/clock.ts';
import type { Fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import type { Result } from '../core/result.ts';
import type { DataMeta } from '../letters/data.ts';
import type { DocumentType, ReportMeta } from '../letters/report.ts';
import type { CenterEvent } from '../seal/center-ceremony.ts';
import type { CeremonyFault, Step } from '../seal/ceremony.ts';
import type { EpochWarning } from '../seal/epochs.ts';
import type { KeyList } from '../seal/key-list.ts';
import type { CenterTicket } from '../seal/peers.ts';
import type { ReceivingSecret } from '../seal/receiving-key.ts';
import type { SigningKey } from '../seal/signature.ts';
import type { ClinicalSpool } from '../wire/spool.ts';
import type { ByteRange, Piece } from './ranges.ts';
import type {
  InstanceKey,
  InstanceRow,
  KnownManifest,
  LedgerEntry,
  OutgoingRow,
  PackRow,
  ReportRow,
  StudyRow,
} from './rows.ts';

/** `refused` names the C-STORE status in its message; the others concern the whole association. */
export type DeliveryFault = Fault<
  'delivery/unreachable' | 'delivery/rejected' | 'delivery/refused' | 'delivery/aborted'
>;

/** One instance on its way to a PACS: what it is called, and a source of its bytes, which nobody holds as a whole. */
export interface OutgoingInstance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly datasetSha256: string;
  /** The Part 10 object as the modality's box stored it. */
  part10(): ObjectPieces;
  /** The same without preamble and group 0002. */
  dataset(): ObjectPieces;
}

/**
 * Bytes in order, read as they are asked for; a piece is good until the next one is asked for. The last piece comes
 * only when the digest over all of them is the right one; else it throws, and so does a disk that cannot be read.
 */
export type ObjectPieces = AsyncIterable<Uint8Array>;

/** A place that takes instances: a PACS by C-STORE, a folder. */
export interface Delivery {
  /**
   * Hands over `batch` in order, in the original transfer syntax. One result an instance: `ok` = the destination
   * answered success or a warning for it. One whose pieces throw is not stored. An identical instance may be handed
   * over again. `onStored` is called with the place of each that was stored; the next one does not leave before it
   * resolves. It never rejects.
   */
  deliver(
    batch: readonly OutgoingInstance[],
    signal: AbortSignal,
    onStored?: (index: number) => Promise<void>,
  ): Promise<readonly Result<void, DeliveryFault>[]>;
  /** Asks whether the destination answers (C-ECHO). */
  echo(signal: AbortSignal): Promise<Result<void, DeliveryFault>>;
}

/**
 * `decoder/refused`: the payload is not what its meta says. `decoder/limit`: decoding took more time or memory than any
 * honest payload needs, or the decoder ended; the same payload would do it again.
 */
export type DecoderFault = Fault<'decoder/refused' | 'decoder/limit'>;

/** Turns the payload of a data pack back into its pieces. Its input is hostile, even though a box signed it. */
export interface Decoder {
  /** The pieces in the order of `meta.instances`; the caller owns them. `payload` may be read until it answers. */
  decode(meta: DataMeta, payload: Uint8Array): Promise<Result<readonly Uint8Array[], DecoderFault>>;
}

export type DiskFault = Fault<'center/full' | 'center/io'>;

/**
 * What every method of `Ledger`, `StudyStore`, `ReportArchive` and `ReportDoor` throws when the disk fails under it.
 * No step can go on without its disk, so no step handles it: the turn of the loop does. `center/full` pauses the
 * work; `center/io` ends the program with exit code 75, and the next start recovers.
 */
export class DiskError extends Error {
  readonly fault: DiskFault;

  constructor(fault: DiskFault) {
    super(fault.message, { cause: fault.cause });
    this.fault = fault;
  }
}

/** One line of a study's delivery log. */
export interface DeliveredLine extends InstanceKey {
  readonly destination: string;
  readonly at: string;
}

/** Why a pack was put aside; the reason file beside it. */
export interface QuarantineReason {
  readonly packId: string;
  /** Code for support. */
  readonly kind: string;
  readonly reason: string;
  readonly next: string;
  readonly at: string;
}

/** A whole object in the store; each reading of it reads the disk. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** Its bytes behind the first `from`, in pieces of at most 256 KiB, the first one full unless it is the last. */
  read(from: number): AsyncIterable<Uint8Array>;
}

/**
 * The files behind the ledger: everything the center must not lose. What a write returned from is durable:
 * temporary file, fsync, rename, fsync of the folder. All writes are idempotent.
 */
export interface StudyStore {
  /** Keeps whole Part 10 objects of a study, each under the digest of its dataset; the first one of a digest stays. */
  putObjects(
    studyInstanceUid: string,
    objects: readonly { readonly datasetSha256: string; readonly part10: Uint8Array }[],
  ): Promise<void>;
  /** A whole object to read from; undefined when it is not here. */
  findObject(studyInstanceUid: string, datasetSha256: string): Promise<StoredObject | undefined>;
  /** The first 256 KiB of a whole object, which is durable on return; undefined when it is not here. */
  readHead(studyInstanceUid: string, datasetSha256: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes `from..to` of split objects. */
  putRanges(
    studyInstanceUid: string,
    ranges: readonly (ByteRange & {
      readonly datasetSha256: string;
      readonly bytes: Uint8Array;
    })[],
  ): Promise<void>;
  /** The ranges of one object that are here. */
  ranges(studyInstanceUid: string, datasetSha256: string): Promise<readonly ByteRange[]>;
  /**
   * Joins `pieces` to one object, hashing its dataset on the way, and removes the ranges. Returns the object's first
   * 256 KiB, or undefined when the digest is another: then no object is kept and the ranges move to quarantine.
   */
  joinRanges(
    studyInstanceUid: string,
    datasetSha256: string,
    pieces: readonly Piece<ByteRange>[],
  ): Promise<Uint8Array | undefined>;
  /** Keeps what a pack said as it goes into the ledger. */
  putEntry(entry: LedgerEntry): Promise<void>;
  /** Every kept entry, oldest first, for a rebuild. */
  entries(): AsyncIterable<LedgerEntry>;
  /** Appends to the study's delivery log. */
  appendDelivered(studyInstanceUid: string, lines: readonly DeliveredLine[]): Promise<void>;
  /** The delivery log of one study, or of all for a rebuild. */
  delivered(studyInstanceUid?: string): AsyncIterable<DeliveredLine>;
  /** Puts a pack aside with its reason beside it; `bytes` are absent when it could not be read. */
  quarantine(reason: QuarantineReason, bytes: Uint8Array | undefined): Promise<void>;
  /** The newest reasons, at most `limit`, and how many there are. */
  quarantined(
    limit: number,
  ): Promise<{ readonly count: number; readonly newest: readonly QuarantineReason[] }>;
  /** Keeps a good pack, sealed as it came, until its box is confirmed. */
  hold(packId: string, bytes: Uint8Array): Promise<void>;
  held(): Promise<readonly string[]>;
  readHeld(packId: string): Promise<Uint8Array | undefined>;
  dropHeld(packId: string): Promise<void>;
}

/** What happened to an instance at the destination. */
export type DeliveryOutcome =
  | { readonly key: InstanceKey; readonly storedAt: string }
  | {
      readonly key: InstanceKey;
      /** Kind and message. */
      readonly fault: string;
      /** Whether it is this instance that the destination does not take; it then waits behind the others. */
      readonly isRefusal: boolean;
    };

/** The index over the files: rows of studies, instances, packs, receipts, reports. Writes are durable on return. */
export interface Ledger {
  /** Whether it is new, or to be rebuilt from files: it holds no pack, or a rebuild of it did not come to its end. */
  isEmpty(): Promise<boolean>;
  /** A rebuild begins: until its end the ledger counts as empty, whatever it holds. Idempotent. */
  beginRebuild(): Promise<void>;
  endRebuild(): Promise<void>;
  /** The instances that a crash left `sending`. */
  sending(): Promise<readonly InstanceRow[]>;
  /** Turns every `sending` that a crash left into `planned`, counted; returns how many. Once, at start. */
  recoverSending(): Promise<number>;
  findPack(packId: string): Promise<PackRow | undefined>;
  /** Packs that carry this uid, whoever signed them. */
  packsOfUid(uid: string): Promise<readonly PackRow[]>;
  /** Packs that carry this number of this stream, whoever signed them. */
  packsOfNumber(stream: string, sequence: string): Promise<readonly PackRow[]>;
  findStudy(studyInstanceUid: string): Promise<StudyRow | undefined>;
  /** Rows of these SOP Instance UIDs, conflicts included. */
  findInstances(sopInstanceUids: readonly string[]): Promise<readonly InstanceRow[]>;
  /** Records all that one pack changes, in one transaction. Idempotent; what is known is left as it is. */
  record(entry: LedgerEntry): Promise<void>;
  /** The next `planned` instances: STAT first, never refused first, then by study, series and instance number. */
  planned(limit: number): Promise<readonly InstanceRow[]>;
  markSending(keys: readonly InstanceKey[]): Promise<void>;
  markDelivered(outcomes: readonly DeliveryOutcome[]): Promise<void>;
  /** Manifests of a study, oldest arrival first. */
  manifests(studyInstanceUid: string): Promise<readonly KnownManifest[]>;
  /** Manifests of the highest version with a list of each study that no receipt of ours answers. */
  unanswered(): Promise<readonly KnownManifest[]>;
  /** The list of a manifest with the state of each instance; `undefined` = not arrived. */
  listStates(
    manifestPackId: string,
  ): Promise<readonly (InstanceKey & { readonly state: InstanceRow['state'] | undefined })[]>;
  /** Studies that carry this accession number in any manifest. */
  studiesByAccession(accessionNumber: string): Promise<readonly string[]>;
  outgoing(): Promise<readonly OutgoingRow[]>;
  putOutgoing(row: OutgoingRow): Promise<void>;
  /** Notes the relay's custody of packs of ours. */
  markCustody(packIds: readonly string[]): Promise<void>;
  /** Forgets rows of ours, so that what they carried is sealed again. */
  dropOutgoing(packIds: readonly string[]): Promise<void>;
  findReport(reportId: string, version: number): Promise<ReportRow | undefined>;
  reports(studyInstanceUid: string): Promise<readonly ReportRow[]>;
  /** Reports that the box has not acknowledged. */
  openReports(): Promise<readonly ReportRow[]>;
  putReport(row: ReportRow): Promise<void>;
  /** Counts for the status, and a line a study for the list. */
  counts(): Promise<LedgerCounts>;
  studies(limit: number): Promise<readonly StudyLine[]>;
}

export interface LedgerCounts {
  readonly packs: number;
  readonly studies: number;
  readonly instances: Readonly<Record<InstanceRow['state'], number>>;
  readonly resentAfterCrash: number;
  readonly reports: number;
  readonly openReports: number;
  /** The newest reason for which a planned instance was not taken. */
  readonly lastFault: string | null;
}

export interface StudyLine extends StudyRow {
  readonly instances: Readonly<Record<InstanceRow['state'], number>>;
  readonly instanceCount: number;
  /** Manifest pack ids that a delivery receipt of ours names. */
  readonly receipts: readonly string[];
  readonly reports: readonly {
    readonly reportId: string;
    readonly version: number;
    readonly state: ReportRow['state'];
  }[];
  readonly delivered: readonly InstanceKey[];
  /** What the destination did not take at the last attempt, and why; it is tried again for ever. */
  readonly untaken: readonly (InstanceKey & { readonly reason: string })[];
}

/** What a report says in every seal of it; what else its meta holds is of the moment of sealing. */
export type ReportHeader = Omit<ReportMeta, 'v' | 'documents' | 'supersedes' | 'list'>;

/** A report as it is kept in files until the end of retention; `row.packId` is the newest seal of it. */
export interface KeptReport {
  readonly row: ReportRow;
  readonly header: ReportHeader;
  readonly documentType: DocumentType;
}

/** Files of reports: one folder a version. Durable on return, like `StudyStore`. */
export interface ReportArchive {
  put(report: KeptReport, document: Uint8Array): Promise<void>;
  /** Rewrites the row of a report that was put before. */
  update(row: ReportRow): Promise<void>;
  read(
    reportId: string,
    version: number,
  ): Promise<{ readonly report: KeptReport; readonly document: Uint8Array } | undefined>;
  all(): AsyncIterable<KeptReport>;
}

/** A file that a reader dropped. */
export interface DroppedReport {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
  /** Text of NAME.json beside it. */
  readonly sidecar: string | undefined;
}

/** The drop folder. A file is listed when its size and time stood still since the last look. */
export interface ReportDoor {
  list(): Promise<readonly string[]>;
  /** Undefined when it is gone, or no regular file of at most 15 MiB. */
  read(name: string): Promise<DroppedReport | undefined>;
  /** Moves the file and its NAME.json to `done/`. */
  moveToDone(name: string): Promise<void>;
  /** Moves the file and its NAME.json to `unmatched/`, the reason in `NAME.reason.txt` beside it. */
  moveToUnmatched(name: string, reason: string): Promise<void>;
  watch(onChange: () => void, signal: AbortSignal): void;
}

/** The center's keys and its boxes, as they are on disk now. */
export interface Party {
  readonly identity: SigningKey;
  readonly secrets: readonly ReceivingSecret[];
  readonly keyList: KeyList;
  /** Every root so far, the one of `keyList` last; absent: that one alone. */
  readonly roots?: readonly Uint8Array[];
  /** Warnings of the day about receiving keys. */
  readonly epochWarnings?: readonly EpochWarning[];
  readonly keyListText: string;
  /** Session handle of the center's agent at every relay, hex. */
  readonly handle: string;
  /** Public transport key of the center's agent, hex. */
  readonly transport: string;
  readonly tickets: readonly CenterTicket[];
}

/** The numbers this center gives its packs; a number is never given twice, also across a crash. */
export interface SequencePort {
  /** 16 bytes. */
  readonly stream: Uint8Array;
  next(): Promise<bigint>;
}

/** What the destination of this center takes, by its config. */
export interface CenterAbilities {
  readonly sopClasses: readonly string[];
  readonly transferSyntaxes: readonly string[];
  readonly countries: readonly string[];
}

/** Where the newest version of the abilities is kept. */
export interface AbilityFile {
  read(): Promise<string | undefined>;
  /** Durable on return. */
  write(text: string): Promise<void>;
}

/** Everything outside the decisions of the center. */
export interface CenterPorts {
  readonly spool: ClinicalSpool;
  readonly store: StudyStore;
  readonly archive: ReportArchive;
  readonly door: ReportDoor;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  readonly decoder: Decoder;
  readonly sequence: SequencePort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Reads keys and boxes anew; the last good ones are used while a read fails. */
  readParty(): Promise<Result<Party, Fault>>;
  /** One arrow of a ticket, durable on return; undefined when there is no such ticket. */
  stepTicket(
    ticket: string,
    event: CenterEvent,
  ): Promise<Result<Step<CenterTicket>, CeremonyFault> | undefined>;
  /** The access list that was published last, as signed text; undefined before the first. */
  readAccessList(): Promise<string | undefined>;
  /** Keeps the signed access list before it is published, so that its version can only rise. */
  writeAccessList(text: string): Promise<void>;
  /** What the boxes are told of the destination; absent: nothing. */
  readonly abilities?: { readonly told: CenterAbilities; readonly file: AbilityFile };
}
