import type { Fault } from '../core/fault.ts';

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
