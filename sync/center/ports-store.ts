import type { ByteRange, Piece } from './ranges.ts';
import type { InstanceKey, LedgerEntry } from './rows.ts';

/** One line of a study's delivery log. */
export interface DeliveredLine extends InstanceKey {
  readonly destination: string;
  readonly at: string;
}

/** Why a pack was put aside; the reason file beside it. */
export interface QuarantineReason {
  readonly packId: string;
  /** Code for support. */
  readonly kind: string;
  readonly reason: string;
  readonly next: string;
  readonly at: string;
}

/** Why a pack is kept sealed; the file beside it. */
export interface HeldReason {
  readonly packId: string;
  /**
   * `unconfirmed`: the words of its box are not compared; `retired`: another box took its place; `no-key`: it is sealed
   * to a key that is not here; `unknown-box`: it is good, and no record of pairing names its box.
   */
  readonly why: 'unconfirmed' | 'retired' | 'no-key' | 'unknown-box';
  /** Identity key of its box in hex; null where the pack cannot be opened. */
  readonly signer: string | null;
  readonly sizeBytes: number;
  readonly at: string;
}

/** A whole object in the store; each reading of it reads the disk. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** Its bytes behind the first `from`, in pieces of at most 256 KiB, the first one full unless it is the last. */
  read(from: number): AsyncIterable<Uint8Array>;
}

/**
 * The files behind the ledger: everything the center must not lose. What a write returned from is durable:
 * temporary file, fsync, rename, fsync of the folder. All writes are idempotent.
 */
export interface StudyStore {
  /**
   * Keeps whole Part 10 objects of a study, each under the digest of its dataset; the first one of a digest stays,
   * unless its file is among the `damaged` ones.
   */
  putObjects(
    studyInstanceUid: string,
    objects: readonly { readonly datasetSha256: string; readonly part10: Uint8Array }[],
    damaged?: ReadonlySet<string>,
  ): Promise<void>;
  /** A whole object to read from; undefined when it is not here. */
  findObject(studyInstanceUid: string, datasetSha256: string): Promise<StoredObject | undefined>;
  /** The first 256 KiB of a whole object, which is durable on return; undefined when it is not here. */
  readHead(studyInstanceUid: string, datasetSha256: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes `from..to` of split objects. */
  putRanges(
    studyInstanceUid: string,
    ranges: readonly (ByteRange & {
      readonly datasetSha256: string;
      readonly bytes: Uint8Array;
    })[],
  ): Promise<void>;
  /** The ranges of one object that are here. */
  ranges(studyInstanceUid: string, datasetSha256: string): Promise<readonly ByteRange[]>;
  /**
   * Joins `pieces` to one object, hashing its dataset on the way, and removes the ranges. Returns the object's first
   * 256 KiB, or undefined when the digest is another: then no object is kept and the ranges move to quarantine.
   */
  joinRanges(
    studyInstanceUid: string,
    datasetSha256: string,
    pieces: readonly Piece<ByteRange>[],
  ): Promise<Uint8Array | undefined>;
  /** Keeps what a pack said as it goes into the ledger. */
  putEntry(entry: LedgerEntry): Promise<void>;
  /** Every kept entry, oldest first, for a rebuild. */
  entries(): AsyncIterable<LedgerEntry>;
  /** Appends to the study's delivery log. */
  appendDelivered(studyInstanceUid: string, lines: readonly DeliveredLine[]): Promise<void>;
  /** The delivery log of one study, or of all for a rebuild. */
  delivered(studyInstanceUid?: string): AsyncIterable<DeliveredLine>;
  /** Puts a pack aside with its reason beside it; `bytes` are absent when it could not be read. */
  quarantine(reason: QuarantineReason, bytes: Uint8Array | undefined): Promise<void>;
  /** The newest reasons, at most `limit`, and how many there are. */
  quarantined(
    limit: number,
  ): Promise<{ readonly count: number; readonly newest: readonly QuarantineReason[] }>;
  /** Keeps a good pack, sealed as it came, until it can be taken; the reason is durable before it. */
  hold(reason: HeldReason, bytes: Uint8Array): Promise<void>;
  held(): Promise<readonly string[]>;
  /** Reasons of what is held, oldest first; of packs from before reasons were kept there is none. */
  heldReasons(): Promise<readonly HeldReason[]>;
  readHeld(packId: string): Promise<Uint8Array | undefined>;
  dropHeld(packId: string): Promise<void>;
}
