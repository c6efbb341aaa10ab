import type { Result } from '#sync/core/result.ts';
import type { StoreFault } from './ports-store.ts';

/** Files of what came from a center. Every write is durable on return and may be made again. */
export interface LetterFiles {
  putReportDocument(sha256: string, bytes: Uint8Array): Promise<Result<void, StoreFault>>;
  readReportDocument(sha256: string): Promise<Uint8Array | undefined>;
  /** Keeps what failed a check, with one line that says why beside it. */
  quarantine(packId: string, bytes: Uint8Array, reason: string): Promise<Result<void, StoreFault>>;
  /** The bytes of a pack in quarantine; undefined when they are not there. */
  readQuarantined(packId: string): Promise<Uint8Array | undefined>;
  /** Keeps a pack that counted (receipts, reports) as it came: evidence. */
  keepLetter(packId: string, bytes: Uint8Array): Promise<Result<void, StoreFault>>;
}

/** Numbers for packs, unique in their stream (sequences of sealed-pack design); leased durably. */
export interface Sequence {
  readonly stream: Uint8Array;
  next(): Promise<bigint>;
}
