import type { ReportStatus } from '../letters/report.ts';

/**
 * States of an instance in the ledger. `planned -> sending -> stored -> committed`; a crash leaves `sending`, which
 * start-up turns back into `planned` and counts. `conflict`: another dataset of the same SOP Instance UID came
 * first; it is kept, never delivered, and a person decides.
 */
export const instanceStates = ['planned', 'sending', 'stored', 'committed', 'conflict'] as const;
export type InstanceState = (typeof instanceStates)[number];

/** The key of an instance: two datasets of one UID are two rows (a conflict). */
export interface InstanceKey {
  readonly sopInstanceUid: string;
  /** SHA-256 of the dataset bytes, lower-case hex. */
  readonly datasetSha256: string;
}

/** What the center knows of an instance besides its state. */
export interface InstanceFacts extends InstanceKey {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  /** Length of the whole Part 10 object. */
  readonly sizeBytes: number;
  /** From the dataset; 0 when it tells none. */
  readonly instanceNumber: number;
  /** How it entered the ledger. */
  readonly enteredAs: 'planned' | 'conflict';
}

export interface InstanceRow extends InstanceFacts {
  readonly state: InstanceState;
  /** Times the destination refused it. */
  readonly refusals: number;
  /** Times it may have reached the destination twice, because the center died between sending and noting. */
  readonly resentAfterCrash: number;
  /** Kind and message of the last failed delivery. */
  readonly lastFault: string | null;
  readonly storedAt: string | null;
}

export interface StudyRow {
  readonly studyInstanceUid: string;
  /** Identity key of the box that sealed it, hex: receipts and reports go there and nowhere else. */
  readonly box: string;
  readonly site: string;
  /** Random, 16 bytes in hex: the group of its packs in `order.json`. */
  readonly group: string;
  readonly firstAt: string;
}

/** A version of a study as its box described it. */
export interface ManifestRow {
  readonly packId: string;
  readonly studyInstanceUid: string;
  readonly version: number;
  readonly isStat: boolean;
  readonly accessionNumber: string;
  readonly modality: string;
  readonly instanceCount: number;
  /** Compared by the box with the images, field by field. */
  readonly patient: { readonly id: string; readonly birth: string; readonly sex: string };
  /** Whether it came with the list of its instances; only such a manifest is answered by a receipt. */
  readonly hasList: boolean;
}

/** A manifest with the center's own part. */
export interface KnownManifest extends ManifestRow {
  /** Whether a delivery receipt of ours names it: all its instances were delivered. */
  readonly isAnswered: boolean;
}

/** One pack that passed all checks. Hex throughout; `sequence` is decimal. */
export interface PackRow {
  readonly packId: string;
  readonly kind: 'data' | 'manifest' | 'receipt' | 'control';
  readonly signer: string;
  readonly uid: string;
  readonly stream: string;
  readonly sequence: string;
  readonly takenAt: string;
}

/** A person at the box said whether a study is for this center; of a site the newest version counts. */
export interface AddresseeRow {
  readonly studyInstanceUid: string;
  readonly site: string;
  /** Identity key of the box, hex: versions of another box are not compared. */
  readonly box: string;
  readonly version: number;
  readonly isOurs: boolean;
}

/** Everything that one pack changes in the ledger; kept as a file, so the ledger can be rebuilt from files alone. */
export interface LedgerEntry {
  readonly pack: PackRow;
  /** Absent for packs that speak of no study. */
  readonly study?: StudyRow;
  readonly instances: readonly InstanceFacts[];
  readonly manifest?: ManifestRow;
  readonly addressee?: AddresseeRow;
  /** The list of `manifest`. */
  readonly list?: readonly InstanceKey[];
}

/** A pack of ours in `spool/out`, from sealing to the relay's custody. */
export interface OutgoingRow {
  readonly packId: string;
  readonly kind: 'receipt' | 'report' | 'control' | 'grant';
  /**
   * The manifest's pack id, `<report id>/<version>`, `capabilities/<version>/<box>`, `please-resend/<version>`,
   * `epoch-gone/<version>/<box>` or `grant/<ticket>/<version>`.
   */
  readonly subject: string;
  /** '' where it speaks of no study. */
  readonly studyInstanceUid: string;
  readonly class: 0 | 1;
  readonly group: string;
  readonly sizeBytes: number;
  /** `sealed`: must be in `out/new`; `custody`: the relay signed for it, the file may be gone. */
  readonly state: 'sealed' | 'custody';
  readonly sealedAt: string;
}

/** One version of a report of this center. */
export interface ReportRow {
  /** Random, 16 bytes in hex. */
  readonly reportId: string;
  readonly version: number;
  readonly studyInstanceUid: string;
  /** Registration number of the reader who signed it off. */
  readonly registerNo: string;
  readonly status: ReportStatus;
  readonly isCritical: boolean;
  /** SHA-256 of the dropped file and its NAME.json: the same drop twice is one report. */
  readonly sourceSha256: string;
  /** SHA-256 of the document; the box's receipt names it. */
  readonly documentSha256: string;
  /** The pack the box acknowledged, else the newest seal; null before the first. */
  readonly packId: string | null;
  readonly state: 'waiting' | 'sealed' | 'acknowledged';
}
