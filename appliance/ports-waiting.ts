import type { InstanceKey } from './store/instance-states.ts';
import type { RuleGround } from './store/rule-ground.ts';

/** Bytes `from` (inclusive) to `to` (exclusive) of a stored Part 10 object. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** An instance that waits to be sealed, oldest first, with the ranges that packs already hold. */
export interface PendingInstance extends InstanceKey {
  readonly arrivedAtMs: number;
  readonly segment: string;
  readonly recordOffset: number;
  readonly payloadOffset: number;
  readonly payloadSizeBytes: number;
  readonly fileHeaderSizeBytes: number;
  readonly covered: readonly ByteRange[];
}

/** What sealing must know of a study that has something left to seal. */
export interface SealingStudy {
  readonly study: string;
  /** How soon it travels: its place in `studyPriorities`. */
  readonly class: 0 | 1 | 2 | 3;
  /** Root public key of the center that a person named or that has packs of it; undefined: rules decide. */
  readonly addressee: string | undefined;
  readonly ground: RuleGround;
  /** The newest manifest says whether it is STAT as it is now. */
  readonly isPriorityTold: boolean;
  /** The random group of the study's packs, or undefined before the first one. */
  readonly group: string | undefined;
  /** Instances that no pack holds whole. */
  readonly pendingCount: number;
  /** Version of the newest manifest; 0 before the first. */
  readonly manifestVersion: number;
  /** How many manifests carried a list, and when the last of them was sealed (wall clock; undefined: none). */
  readonly listCount: number;
  readonly lastListAtMs: number | undefined;
  /** The newest list names every instance that is to be delivered. */
  readonly isListed: boolean;
  /** The list that offers it again, to a center that was put back from a backup, is not sealed. */
  readonly isOfferDue: boolean;
  /** A manifest carried the study's order as it is now; true without an order. */
  readonly isOrderTold: boolean;
}

export interface ListedInstance extends InstanceKey {
  readonly sopClassUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly sizeBytes: number;
}

/** A study with images or packs that are not at the relay, and that nothing holds back here. */
export interface WaitingStudy {
  readonly study: string;
  readonly class: 0 | 1 | 2 | 3;
  /** Arrival of its first image, or when a person asked that it is sent (wall clock). */
  readonly waitingSinceMs: number;
  /** Bytes of images that no pack holds yet. */
  readonly unsealedBytes: number;
}

/** A sealed pack that no relay has in custody yet. */
export interface OpenPack {
  readonly packId: string;
  /** Root public key of the center it is sealed to. */
  readonly center: string;
  readonly class: 0 | 1 | 2 | 3;
  /** Small and waited for: goes before the images of its class. */
  readonly isLetter: boolean;
  /** Arrival or release of its study, or when it was sealed (wall clock). */
  readonly waitingSinceMs: number;
  readonly group: string;
  readonly sizeBytes: number;
  readonly study: string | null;
}

/** A manifest this box sealed. */
export interface OwnManifest {
  readonly packId: string;
  readonly study: string;
  readonly center: string;
  readonly version: number;
  /** The center that the study is addressed to now. */
  readonly addressee?: string | undefined;
  readonly listedDigests: ReadonlySet<string> | undefined;
}

/** A pack in custody whose images or list the center has not confirmed. */
export interface UnconfirmedPack {
  readonly packId: string;
  readonly study: string;
  /** Root of the center that it is sealed to. */
  readonly center: string;
  readonly sizeBytes: number;
  /** Since when the study is offered again to a center that was put back from a backup; undefined: it is not. */
  readonly offeredAtMs: number | undefined;
  /** Lists of the study that were given up before, so how often it was sent again. */
  readonly resends: number;
}

/** A center that must hear whether a study is for it: a person addressed it, there or elsewhere. */
export interface UntoldCenter {
  readonly study: string;
  /** Root public key. */
  readonly center: string;
  /** Rises with every change of the addressee. */
  readonly version: number;
  readonly isYours: boolean;
}

/** A study that was sealed anew without a person. */
export interface Resend {
  readonly study: string;
  readonly atMs: number;
  readonly sizeBytes: number;
  /** The register and version that asked for it; null: the box found a hole. */
  readonly asked: string | null;
}

/** What the box knows of the ledger of a center. */
export interface KnownLedger {
  /** 16 random bytes, hex; another one after the center was put back from a backup. */
  readonly ledger: string;
  /** The highest key list that named it when it was noted. */
  readonly list: number;
  /** Receipts under lower lists are of the ledger before, and prove nothing any more; 0: it never changed. */
  readonly countsFrom: number;
}

/** An instance that packs hold whole and that is not confirmed. */
export interface PackedInstance {
  readonly datasetSha256: string;
  /** Its share of the packs that carried it. */
  readonly sizeBytes: number;
}
