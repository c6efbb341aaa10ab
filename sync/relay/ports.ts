import type { DatabaseFault } from '../core/database.ts';
import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';
import type { PackClass } from '../seal/header.ts';
import type { PackId } from '../wire/pack-id.ts';

export type PackStoreFault = Fault<'packs/full' | 'packs/io'>;

/** Who brings or fetches: a session handle under the root of the center that listed it, both hex. */
export interface Caller {
  /** Root public key of the center, hex, 32 bytes. */
  readonly center: string;
  /** Session handle, hex, 16 bytes. */
  readonly handle: string;
}

/** An unfinished pack; kept apart by caller, so that nobody can spoil another's. */
export interface PartKey extends Caller {
  readonly packId: PackId;
}

/** Signed files that a relay takes of each center, the newest that verified. */
export type PushedDocument = 'center.keys' | 'access.json';

/** What a relay keeps of each center: those, and the key lists that handed the root over (a JSON array of texts). */
export type RelayDocument = PushedDocument | 'handovers.json';

/** The relay's files: parts, packs, and the signed lists of the centers. */
export interface PackStore {
  /** Every part on disk; called once, at start. The size is a hint: the hash decides at the end. */
  parts(): Promise<readonly (PartKey & { readonly sizeBytes: number })[]>;
  /** Writes `bytes` at `offset` of a part, which is made when absent. Not durable. The caller keeps the buffer. */
  writePart(key: PartKey, offset: number, bytes: Uint8Array): Promise<Result<void, PackStoreFault>>;
  /** Up to `length` first bytes of a part. */
  readPartHead(key: PartKey, length: number): Promise<Result<Uint8Array, PackStoreFault>>;
  /**
   * Hashes a part of `sizeBytes`: when it hashes to its id it becomes a pack, durable on return, and `true` is
   * answered; else it is dropped, and `false`. Idempotent where the pack is there already.
   */
  finishPart(key: PartKey, sizeBytes: number): Promise<Result<boolean, PackStoreFault>>;
  /** Removes a part; a missing one is fine. */
  dropPart(key: PartKey): Promise<void>;
  /** Ids and lengths of all packs; called once, at start. */
  packs(): Promise<readonly { readonly packId: PackId; readonly sizeBytes: number }[]>;
  /** Bytes `[offset, offset + length)` of a pack, shorter at its end; undefined when it is not here. */
  readPack(
    packId: PackId,
    offset: number,
    length: number,
  ): Promise<Result<Uint8Array | undefined, PackStoreFault>>;
  /** Removes a pack; a missing one is fine. */
  removePack(packId: PackId): Promise<void>;
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>;
  readDocument(center: string, name: RelayDocument): Promise<string | undefined>;
  /** Durable on return. */
  writeDocument(
    center: string,
    name: RelayDocument,
    text: string,
  ): Promise<Result<void, PackStoreFault>>;
}

/** One pack in a mailbox. */
export interface PackRow {
  /** Rises with every row of the relay; the mailbox cursor. */
  readonly sequence: number;
  readonly packId: PackId;
  readonly mailbox: string;
  readonly sizeBytes: number;
  /** Of its header, a hint. */
  readonly class: PackClass;
  /** Acknowledged by its owner: the file is gone, the row stays and answers. */
  readonly isTaken: boolean;
}

/** The relay's rows. Every `ok` of a write is durable. Packs of different centers never meet. */
export interface RelayIndex {
  /** Random text of this opening of the index: cursors of another one start over, since a backup may lie between. */
  readonly epoch: string;
  /**
   * Records a pack in its mailbox and, when `handle` is given, that this handle brought it and spent `sizeBytes` of
   * `day`. Idempotent: a pack that is known keeps its row and its state.
   */
  addPack(pack: {
    readonly center: string;
    readonly packId: PackId;
    readonly mailbox: string;
    readonly sizeBytes: number;
    readonly class: PackClass;
    readonly receivedAtMs: number;
    readonly broughtBy?: { readonly handle: string; readonly day: string };
  }): Promise<Result<void, DatabaseFault>>;
  /** The rows, among `packIds`, of packs that the caller brought. */
  brought(
    caller: Caller,
    packIds: readonly PackId[],
  ): Promise<Result<readonly PackRow[], DatabaseFault>>;
  /** The row of a pack under one center. */
  find(center: string, packId: PackId): Promise<Result<PackRow | undefined, DatabaseFault>>;
  /**
   * Rows of a mailbox behind `after` that nobody acknowledged, oldest first, at most `limit`; only those of
   * `highestClass` or below when it is given.
   */
  waiting(
    center: string,
    mailbox: string,
    after: number,
    limit: number,
    highestClass?: PackClass,
  ): Promise<Result<readonly PackRow[], DatabaseFault>>;
  /** Marks the packs that lie in one of `mailboxes` as taken; answers the ids that no row needs any more. */
  take(
    center: string,
    mailboxes: readonly string[],
    packIds: readonly PackId[],
  ): Promise<Result<readonly PackId[], DatabaseFault>>;
  /** Ids that some row still needs the file of. */
  held(): Promise<Result<ReadonlySet<PackId>, DatabaseFault>>;
  /** Forgets rows whose file is lost, so that a sender who still has the pack brings it again. */
  forget(packIds: readonly PackId[]): Promise<Result<void, DatabaseFault>>;
  /** Bytes that a handle brought on `day` (YYYY-MM-DD, the relay's clock). */
  spent(caller: Caller, day: string): Promise<Result<number, DatabaseFault>>;
}
