import type { Area } from '#sync/coding/areas.ts';
import type { Fallback, Level } from '#sync/coding/payload.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { ReceivingKey } from '#sync/seal/receiving-key.ts';
import type { InstanceKey } from './store/instance-states.ts';

/** A seal job for a worker: bytes in, one sealed pack out. Buffers given are handed over and no longer usable. */
export interface SealJob {
  readonly class: 0 | 1 | 2 | 3;
  readonly kind: 'data' | 'manifest' | 'receipt' | 'control';
  readonly mailbox: Uint8Array;
  readonly recipientParty: Uint8Array;
  readonly recipients: readonly ReceivingKey[];
  readonly sealedAtMs: number;
  readonly stream: Uint8Array;
  readonly sequence: bigint;
  /** Data packs: the parts of the payload, one an instance range; whole objects are hashed again before use. */
  readonly parts: readonly SealPart[];
  /** Data: the study, how hard to code, and the highest coding that the center reads. Other kinds: meta and payload as they are sealed. */
  readonly letter:
    | { readonly study: string; readonly level: Level; readonly codingMax: number }
    | { readonly meta: Json; readonly payload: Uint8Array };
}

export interface SealPart extends InstanceKey {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly from: number;
  readonly to: number;
  readonly fileHeaderSizeBytes: number;
  /** Where the whole object has samples; for a range that does not begin at 0, which cannot tell itself. */
  readonly areas?: readonly Area[] | undefined;
}

/** What coding a pack cost and brought. */
export interface CodingReport {
  readonly level: Level;
  readonly plainBytes: number;
  readonly codedBytes: number;
  /** Coding and its proof, milliseconds. */
  readonly tookMs: number;
  /** Codings given up because they did not give the same bytes back. */
  readonly fallbacks: readonly Fallback[];
}

export interface SealedPack {
  readonly packId: string;
  readonly bytes: Uint8Array;
  /** Of a data pack. */
  readonly coding?: CodingReport;
}

export type SealFault = Fault<'seal/damaged-source' | 'seal/refused' | 'seal/worker'> & {
  /** `seal/damaged-source`: the instances whose bytes no longer hash to their digest. */
  readonly damaged?: readonly InstanceKey[];
};

/** Seals packs away from the main thread; the identity key lives there only. */
export interface Sealer {
  /** How many jobs run at a time. */
  readonly width: number;
  seal(job: SealJob): Promise<Result<SealedPack, SealFault>>;
  close(): Promise<void>;
}
