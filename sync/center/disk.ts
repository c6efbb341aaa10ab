import type { Fault } from '../core/fault.ts';
import { fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';
import { DiskError } from './ports-disk.ts';

/** The value of a spool call; a fault of its disk is thrown like every other of the center's disks. */
export function spoolValue<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value;
  throw spoolError(result.fault);
}

/** The error of a spool whose disk fails. */
export function spoolError(cause: Fault): DiskError {
  const kind = cause.kind === 'spool/full' ? 'center/full' : 'center/io';
  return new DiskError(fault(kind, cause.message, cause.next, 'later', cause));
}
