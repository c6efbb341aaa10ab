import type { Fault } from '../core/fault.ts';
import type { Result } from '../core/result.ts';
import type { AgentState } from './agent-state.ts';
import type { Enrolment } from './enrolment.ts';
import type { Order } from './order.ts';
import type { PackId } from './pack-id.ts';
import type { Peer } from './peer.ts';

export type SpoolFault = Fault<
  'spool/full' | 'spool/io' | 'spool/missing' | 'spool/refused' | 'spool/damaged'
>;

/** Signed files that the center hands to its agent for every relay. */
export const publicFiles = ['center.keys', 'access.json'] as const;
export type PublicFile = (typeof publicFiles)[number];

/**
 * The clinical side of the spool (appliance or center): sole writer of `out`, reader of `in`.
 * What a write answers with `ok` is durable: temporary file, fsync, rename, fsync of the folder.
 */
export interface ClinicalSpool {
  /** Puts a sealed pack into `out/new`, mode 0640. Idempotent for the same bytes. */
  putPack(packId: PackId, bytes: Uint8Array): Promise<Result<void, SpoolFault>>;
  /** Pack ids in `out/new`. */
  sentPacks(): Promise<readonly PackId[]>;
  /** The bytes of a pack in `out/new`, or undefined when it is not there. */
  readSent(packId: PackId): Promise<Uint8Array | undefined>;
  /** Removes a pack from `out/new` (its custody receipt verified); a missing one is fine. */
  removeSent(packId: PackId): Promise<void>;
  /** Of more packs than the agent reads at once (`orderText`) the first are written. */
  writeOrder(order: Order): Promise<Result<void, SpoolFault>>;
  writePeer(peer: Peer): Promise<Result<void, SpoolFault>>;
  /** Pairings for which the agent asks without a session. */
  writeEnrolment(enrolment: Enrolment): Promise<Result<void, SpoolFault>>;
  /** Publishes a signed file in `out/public`. */
  putPublic(name: PublicFile, bytes: Uint8Array): Promise<Result<void, SpoolFault>>;
  /** Pack ids in `in/new` that are not yet marked taken. */
  arrivedPacks(): Promise<readonly PackId[]>;
  /**
   * Reads an arrived pack once into memory: no symlink is followed, only a regular file of at most the largest
   * pack size is read, since the other zone may swap the file meanwhile. The caller owns the buffer.
   */
  readArrived(packId: PackId): Promise<Result<Uint8Array, SpoolFault>>;
  /** Writes `out/taken/<packId>`: what the agent brought is durable here. Idempotent. */
  markTaken(packId: PackId): Promise<Result<void, SpoolFault>>;
  /** Removes the `taken` marks whose pack the agent has deleted from `in/new`. */
  forgetTaken(): Promise<void>;
  /** Packs for which the agent brought a custody receipt that it did not remove yet; thousands after a long cut. */
  custodyPacks(): Promise<readonly PackId[]>;
  /** The relay's receipt for a pack as received, at most 1 MiB; the caller verifies it. Undefined when none can be read. */
  custodyReceipt(packId: PackId): Promise<Uint8Array | undefined>;
  /** A newer signed file that the agent received, or undefined. */
  readPublic(name: PublicFile): Promise<Uint8Array | undefined>;
  /** The agent's last state, or undefined when there is none or it does not parse. */
  agentState(): Promise<AgentState | undefined>;
  /** Calls `onChange` soon after anything in `in` changed, and every few seconds all the same, until `signal`. */
  watch(onChange: () => void, signal: AbortSignal): void;
}

/**
 * The network side of the spool: reader of `out`, sole writer of `in`. Durable on `ok`, like the other side.
 */
export interface AgentSpool {
  readOrder(): Promise<Result<Order, SpoolFault>>;
  readPeer(): Promise<Result<Peer, SpoolFault>>;
  readEnrolment(): Promise<Result<Enrolment, SpoolFault>>;
  /** Pack ids in `out/new`, with sizes. */
  outgoing(): Promise<readonly { readonly packId: PackId; readonly sizeBytes: number }[]>;
  /** `length` bytes of a pack in `out/new` from `offset`; shorter at the end of the file. */
  readOutgoing(
    packId: PackId,
    offset: number,
    length: number,
  ): Promise<Result<Uint8Array, SpoolFault>>;
  /** Stores the relay's signed custody receipt as received in `in/custody`. */
  putCustody(packId: PackId, receipt: Uint8Array): Promise<Result<void, SpoolFault>>;
  /** Removes custody receipts whose pack is gone from `out/new`. */
  forgetCustody(): Promise<void>;
  /** Bytes already fetched of an unfinished incoming pack (`in/tmp`). */
  partSize(packId: PackId): Promise<number>;
  /** Appends fetched bytes at `offset` of an unfinished incoming pack; not durable. */
  appendPart(packId: PackId, offset: number, bytes: Uint8Array): Promise<Result<void, SpoolFault>>;
  /** Checks the hash of a finished part against its id and moves it to `in/new`, durably; a wrong hash drops the part. */
  finishPart(packId: PackId): Promise<Result<void, SpoolFault>>;
  /** Packs in `in/new`, and those the clinical side marked taken. */
  incoming(): Promise<{ readonly held: readonly PackId[]; readonly taken: readonly PackId[] }>;
  /** Removes a pack from `in/new` after the relay took its acknowledgement. */
  removeIncoming(packId: PackId): Promise<void>;
  /** Signed files to push to every relay, as published; undefined when there is none. */
  readPublic(name: PublicFile): Promise<Uint8Array | undefined>;
  /** Stores a signed file received from a relay. */
  putPublic(name: PublicFile, bytes: Uint8Array): Promise<Result<void, SpoolFault>>;
  writeState(state: AgentState): Promise<Result<void, SpoolFault>>;
  /** Calls `onChange` soon after anything in `out` changed, and every few seconds all the same, until `signal`. */
  watch(onChange: () => void, signal: AbortSignal): void;
}
