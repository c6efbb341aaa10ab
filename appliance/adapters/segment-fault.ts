import { errorCode } from '#sync/core/error-code.ts';
import { fault } from '#sync/core/fault.ts';
import type { StoreFault } from '../ports-store.ts';

const fullCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'ENFILE'];
const shortageCodes: readonly unknown[] = ['EMFILE', 'ENFILE', 'ENOMEM'];

/** The fault of a write or sync that failed: `store/full` when room was missing, else `store/io`. */
export function writeFaultOf(action: string, cause: unknown): StoreFault {
  if (fullCodes.includes(errorCode(cause))) return fullFault(action, cause);
  return fault(
    'store/io',
    `Cannot ${action}: ${messageOf(cause)}`,
    'Check the disk; the program starts again and recovers by itself',
    'never',
    cause,
  );
}

/**
 * The machine is short of open files or memory for the moment. That says nothing of what is stored: a reader throws it,
 * and whoever asked comes again.
 */
export function isShortage(cause: unknown): boolean {
  return shortageCodes.includes(errorCode(cause));
}

/** A read fault concerns one record, never the store: the disk may have one bad sector, or a file was deleted. */
export function readFaultOf(action: string, cause: unknown): StoreFault {
  return fault(
    'store/damaged',
    `Cannot ${action}: ${messageOf(cause)}`,
    'Have the modality send the study again',
    'never',
    cause,
  );
}

export function fullFault(action: string, cause?: unknown): StoreFault {
  return fault(
    'store/full',
    `Cannot ${action}: ${cause === undefined ? 'no room beyond the reserve' : messageOf(cause)}`,
    'Free space on the data disk; what is stored goes on being sent',
    'later',
    cause,
  );
}

export function closedFault(): StoreFault {
  return fault(
    'store/closed',
    'Cannot store an instance: the store is closed',
    'Send it again when the program runs',
    'later',
  );
}

export function tooLargeFault(what: string): StoreFault {
  return fault(
    'store/too-large',
    `Cannot store an instance: ${what} is longer than its field`,
    'Correct the sender: UIDs have at most 64 characters, AE titles 16',
  );
}

/** A write failed, and what is there may still be read: a disk that dies, or one that was mounted for reading only. */
export function isReadOnly({ kind, cause }: StoreFault): boolean {
  return kind === 'store/io' && ['EIO', 'EROFS'].includes(errorCode(cause) ?? '');
}

/** Without the path, which a message of the system quotes. */
function messageOf(cause: unknown): string {
  return errorCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
}
