import type { Clock } from '../core/clock.ts';
import type { Result } from '../core/result.ts';
import type { Rights } from './admission.ts';
import type { EarlyBytes } from './early.ts';
import type { RelayFault } from './fault.ts';
import type { Parts } from './parts.ts';
import type { Caller, PackStore, RelayIndex } from './ports.ts';
import type { Quota } from './quota.ts';
import type { Turns } from './turns.ts';

/** What a PUT or PATCH came to: the relay holds a part, or it has the whole pack and promises to keep it. */
export type Received =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'custody'; readonly sizeBytes: number };

export type Outcome = Result<Received, RelayFault>;

export interface UploadPorts {
  readonly store: PackStore;
  readonly index: RelayIndex;
  readonly clock: Clock;
  readonly quota: Quota;
  /** Shared with the acknowledgements: keeping and removing one pack never overlap. */
  readonly turns: Turns;
  /** What a caller may do now; asked again for every piece, since a center may withdraw it meanwhile. */
  rightsOf(caller: Caller): Rights | undefined;
  /** Called after a pack's row is durable. */
  onKept(center: string, mailbox: string): void;
  /** Called with the new bytes of each write. */
  onWritten(sizeBytes: number): void;
}

export interface UploadConfig {
  /** Free bytes that routine packs leave untouched; urgent ones may use half. */
  readonly reserveBytes: number;
}

/** All that those who write and keep uploads know together. */
export interface Desk extends UploadPorts {
  readonly config: UploadConfig;
  readonly parts: Parts<Outcome>;
  readonly early: EarlyBytes;
}
