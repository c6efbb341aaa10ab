import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';
import type { PackClass } from '../seal/header.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { SpoolFault } from '../wire/spool.ts';

export type StickFault = Fault<
  'courier/no-stick' | 'courier/stick-full' | 'courier/stick' | 'courier/not-a-stick'
>;

/** An entry of the courier's folder, as the stick's file system tells it. */
export interface StickFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** False for folders, links and devices, which are never opened. */
  readonly isFile: boolean;
}

/** The one folder of a stick that the courier looks into. Its file system knows no modes, links or owners. */
export interface Stick {
  /** Every entry; none when the folder is not there. */
  list(): Promise<Result<readonly StickFile[], StickFault>>;
  /** The first `length` bytes of a file; shorter where it ends. */
  readHead(name: string, length: number): Promise<Result<Uint8Array, StickFault>>;
  /** A whole file of at most `maxBytes`. The caller owns the buffer. */
  read(name: string, maxBytes: number): Promise<Result<Uint8Array, StickFault>>;
  /**
   * Writes a pack under its id: durable on return, read again past the cache and compared. Nothing under the final
   * name is ever half a pack. Idempotent.
   */
  put(packId: PackId, bytes: Uint8Array): Promise<Result<void, StickFault>>;
  /** Writes the list of packs; durable on return. */
  putIndex(text: string): Promise<Result<void, StickFault>>;
  /** Removes a file; a missing one is fine. */
  remove(name: string): Promise<Result<void, StickFault>>;
  /** Bytes that may be written, and the size of the pieces in which the file system hands them out. */
  space(): Promise<Result<{ readonly freeBytes: number; readonly unitBytes: number }, StickFault>>;
}

/** A pack that waits to be carried. */
export interface WaitingPack {
  readonly packId: PackId;
  readonly sizeBytes: number;
  readonly class: PackClass;
  /** Whom it is for, hex. */
  readonly mailbox: string;
}

/** Where packs wait: a party's spool, or the store of a relay. */
export interface CourierSource {
  /** In sending order. */
  waiting(): Promise<Result<readonly WaitingPack[], Fault>>;
  /** The bytes of a pack; undefined when it left meanwhile. */
  read(packId: PackId): Promise<Uint8Array | undefined>;
}

/** The side of the spool that takes packs in. */
export interface CourierSpool {
  /** The mailboxes that are read here, hex: one for each center of a box; `spool/missing` before pairing. */
  ownMailboxes(): Promise<Result<readonly string[], SpoolFault>>;
  /** Packs that lie in `in/new` of any center now. */
  held(): Promise<ReadonlySet<PackId>>;
  /**
   * Puts a proven pack into `in/new` of the center that writes into `mailbox`, durably, whether an agent runs beside
   * or not. Idempotent.
   */
  put(mailbox: string, packId: PackId, bytes: Uint8Array): Promise<Result<void, SpoolFault>>;
  freeBytes(): Promise<number>;
}
