import type { PriorityCause } from './ports-priority.ts';
import type { ReportFact } from './store/facts.ts';
import type { Order } from './store/facts-orders.ts';
import type { StudyPriority } from './store/facts-priority.ts';
import type { InstanceState } from './store/instance-states.ts';
import type { StudyOrigin } from './store/origin.ts';

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
  /** Its center was put back from a backup, and is asked whether it still has all of it. */
  readonly isAskedAgain?: boolean;
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

/** Studies in no order, and how many more there are. */
export interface ListedStudies {
  readonly studies: readonly StudyRecord[];
  readonly older: number;
}
