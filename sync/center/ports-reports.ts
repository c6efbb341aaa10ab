import type { DocumentType, ReportMeta } from '../letters/report.ts';
import type { ReportRow } from './rows.ts';

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
