import type { DatabaseFault } from '../core/database.ts';
import { type Fault, fault, type Retry } from '../core/fault.ts';
import type { PackStoreFault } from './ports.ts';

/** HTTP status of every fault that a relay answers; the kind is the `code` of the body. */
export const statusOfFault = {
  'relay/bad-request': 400,
  'relay/not-a-pack': 400,
  'relay/no-session': 401,
  'relay/forbidden': 403,
  'relay/absent': 404,
  'relay/offset': 409,
  'relay/older-list': 409,
  'relay/other-list': 409,
  'relay/too-large': 413,
  'relay/range': 416,
  'relay/wrong-hash': 422,
  'relay/too-many-open': 429,
  'relay/day-spent': 429,
  'relay/too-many-requests': 429,
  'relay/internal': 500,
  'relay/full': 507,
} as const;

export type RelayFaultKind = keyof typeof statusOfFault;

/** Why a relay refuses. The message never names another party, a handle or a pack. */
export interface RelayFault extends Fault<RelayFaultKind> {
  /** Seconds until it makes sense to ask again: `Retry-After`. */
  readonly retryAfterS?: number;
  /** Up to where the relay holds the pack, for `relay/offset`. */
  readonly offset?: number;
}

/** Builds a fault of the relay. */
export function relayFault(
  kind: RelayFaultKind,
  message: string,
  details: { retryAfterS?: number; offset?: number; retry?: Retry; cause?: unknown } = {},
): RelayFault {
  const { retry = 'never', cause, ...rest } = details;
  return { ...fault(kind, message, nextOf[kind] ?? 'Correct the request', retry, cause), ...rest };
}

/** A fault of the disk or the database as the outside may see it; the cause stays inside. */
export function storageFault(cause: PackStoreFault | DatabaseFault): RelayFault {
  return cause.kind === 'packs/full' || cause.kind === 'database/full'
    ? fullFault(cause)
    : relayFault('relay/internal', 'Cannot do that: the relay has a fault', {
        retry: 'later',
        cause,
      });
}

/** The relay has no room; a sender waits a minute before it tries again. */
export function fullFault(cause?: unknown): RelayFault {
  return relayFault('relay/full', 'Cannot keep the pack: the relay is full', {
    retryAfterS: 60,
    retry: 'later',
    cause,
  });
}

/** The answer to a piece that starts behind what the relay holds. */
export function gapFault(heldBytes: number): RelayFault {
  return relayFault('relay/offset', 'Cannot take the piece: bytes before it are missing', {
    offset: heldBytes,
    retry: 'now',
  });
}

/** The same for what does not exist and for what is somebody else's. */
export function absent(): RelayFault {
  return relayFault('relay/absent', 'Cannot find that');
}

/** The center took the right away after the request was let in. */
export function withdrawn(): RelayFault {
  return relayFault('relay/forbidden', 'Cannot do that: the center withdrew it');
}

const nextOf: Partial<Record<RelayFaultKind, string>> = {
  'relay/no-session': 'Open a session',
  'relay/offset': 'Go on from the offset of the answer',
  'relay/wrong-hash': 'Hash the file again: a good one is tried at another relay or by stick',
  'relay/too-many-open': 'Finish the packs that were begun',
  'relay/day-spent': 'Wait for the next day or ask the center for a higher quota',
  'relay/too-many-requests': 'Wait and try again',
  'relay/full': 'Wait; the operator of the relay is told',
  'relay/internal': 'Wait and try again',
};
