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
  /**
   * The next `planned` instances of studies that are for this center: STAT first, never refused first, then by study,
   * series and instance number.
   */
  planned(limit: number): Promise<readonly InstanceRow[]>;
  markSending(keys: readonly InstanceKey[]): Promise<void>;
  markDelivered(outcomes: readonly DeliveryOutcome[]): Promise<void>;
  /** Manifests of a study, oldest arrival first. */
  manifests(studyInstanceUid: string): Promise<readonly KnownManifest[]>;
  /** Manifests of the highest version with a list of each study of this center that no receipt of ours answers. */
  unanswered(): Promise<readonly KnownManifest[]>;
  /** Those of the unanswered whose list the destination took whole. */
  answerable(): Promise<readonly KnownManifest[]>;
  /**
   * Of these studies those of which something is missing, with their rows where a pack of them was taken: no receipt of
   * ours answers the newest manifest with a list, or none came yet.
   */
  incomplete(
    studyInstanceUids: readonly string[],
  ): Promise<ReadonlyMap<string, StudyRow | undefined>>;
  /** The list of a manifest with the state of each instance; `undefined` = not arrived. */
  listStates(
    manifestPackId: string,
  ): Promise<readonly (InstanceKey & { readonly state: InstanceRow['state'] | undefined })[]>;
  /** Studies that carry this accession number in any manifest. */
  studiesByAccession(accessionNumber: string): Promise<readonly string[]>;
  /** Packs of ours that are still worked with, in the order they were put: all but receipts that a relay signed for. */
  outgoing(): Promise<readonly OutgoingRow[]>;
  /** Our receipts for the manifest in that pack, also those that a relay signed for. */
  receiptsOf(manifestPackId: string): Promise<readonly OutgoingRow[]>;
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
  /** Of them those that a person at the box sent to another center. */
  readonly withdrawn: number;
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
  /** A person at the box sent it to another center: it is not for this one any more. What was delivered stays. */
  readonly isWithdrawn: boolean;
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
