import type { DatabaseFault } from '#sync/core/database.ts';
import type { Result } from '#sync/core/result.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import type { FactPosition } from './ports-facts.ts';
import type { ListedStudies, StoredReport, StudyHeader, StudyRecord } from './ports-studies.ts';
import type {
  KnownLedger,
  ListedInstance,
  OpenPack,
  OwnManifest,
  PackedInstance,
  PendingInstance,
  Resend,
  SealingStudy,
  UnconfirmedPack,
  UntoldCenter,
  WaitingStudy,
} from './ports-waiting.ts';
import type { BoxFact } from './store/facts.ts';
import type { InstanceKey, InstanceOfStudy } from './store/instance-states.ts';
import type { StoredRecord } from './store/stored-record.ts';
import type { HeldPair, TwinPair } from './store/twins.ts';

/** One durable record and what its first bytes told; an entry of the catalog to be. */
export interface CatalogEntry {
  readonly record: StoredRecord;
  readonly attributes: InstanceAttributes;
  /** Copied from another segment of this store: nothing new for anybody. */
  readonly isMoved?: boolean;
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
   * send; where a study is offered again, the list that does it stands for all. With `study`: all of that one.
   */
  unconfirmedPacks(study?: string): Promise<readonly UnconfirmedPack[]>;
  /** Centers that must hear whose a study is now. */
  untoldCenters(): Promise<readonly UntoldCenter[]>;
  /** By root of the center. */
  ledgers(): Promise<ReadonlyMap<string, KnownLedger>>;
  /** Studies that are offered again to a center, and those of it that are here no more. */
  offers(center: string): Promise<{ readonly offered: number; readonly gone: number }>;
  packedInstances(study: string): Promise<readonly PackedInstance[]>;
  /** Studies that were sealed anew without a person, oldest first. */
  resends(): Promise<readonly Resend[]>;
  /** Studies that go once more by a person's word. */
  resendWords(): Promise<ReadonlySet<string>>;
  /** The newest registers `please-resend`, one a study of each signer. */
  resendRegisters(): Promise<readonly { readonly signer: string; readonly body: string }[]>;
  /**
   * Packs that are sealed to one of these receiving keys (ids in hex), not sent or not confirmed by the center. Packs
   * from before keys were noted are left out.
   */
  packsTo(kids: readonly string[]): Promise<readonly string[]>;
  /** Packs without custody that hold or list instances which a person rejected. */
  unwantedPacks(): Promise<readonly string[]>;
  /** Packs of images without custody, all of whose images the center signed for: a stick was faster than the link. */
  deliveredPacks(): Promise<readonly string[]>;
  /** Those of these packs that were given up, or whose study is addressed to another center now. */
  droppedAmong(packIds: readonly string[]): Promise<readonly string[]>;
  /** The center of a study that a person named or that has packs of it. */
  addresseeOf(study: string): Promise<string | undefined>;
  /** Reports of studies that are not on this box. */
  strayReports(): Promise<readonly StoredReport[]>;
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

export interface CatalogTotals {
  readonly studies: number;
  readonly instances: number;
  /** Instances that are neither delivered nor purged. */
  readonly onlyHere: number;
}
