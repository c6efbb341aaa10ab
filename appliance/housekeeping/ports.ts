import type { Clock } from '#sync/core/clock.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Log } from '#sync/core/log.ts';
import type { Result } from '#sync/core/result.ts';
import type { BoxFact } from '../store/facts.ts';
import type { Tombstones } from '../store/facts-housekeeping.ts';
import type { InstanceKey, InstanceState } from '../store/instance-states.ts';
import type { StoredObject } from '../store/twins.ts';

export type { Tombstones } from '../store/facts-housekeeping.ts';

/** All that the decision to purge a study rests on. */
export interface RetainedStudy {
  readonly study: string;
  readonly isIdentified: boolean;
  readonly isPinned: boolean;
  readonly counts: Readonly<Partial<Record<InstanceState, number>>>;
  /** Delivered instances whose receipt is not known by its pack. */
  readonly unprovenCount: number;
  /** Delivered instances that the archive of record, when a third party, is not known to have. */
  readonly unarchivedCount: number;
  /** When its newest instance came, and when the newest receipt did. */
  readonly lastArrivedAtMs: number;
  readonly lastDeliveredAtMs: number;
  /** Another study of the same patient is here and not delivered yet. */
  readonly isPriorOfOpenCase: boolean;
  /** Under a UID of this study another object waits for a comparison or a decision. */
  readonly hasOpenTwin: boolean;
}

/** Where to go on with the next page of studies. */
export interface StudyCursor {
  readonly lastArrivedAtMs: number;
  readonly study: string;
}

/** An instance with its place, as scrub and reclaim read it. */
export interface PlacedInstance extends StoredObject {
  readonly state: InstanceState;
  readonly recordOffset: number;
  /** Its bytes are known to be rotten. */
  readonly isBad: boolean;
}

/** An instance as a person decides about it. */
export interface NamedInstance extends InstanceKey {
  readonly state: InstanceState;
  /** The pack of it is at the relay already, so it cannot be called back. */
  readonly isOut: boolean;
}

/** What the catalog tells housekeeping. */
export interface HousekeepingCatalog {
  /** Studies with delivered instances whose newest instance came before `beforeMs`, oldest first; a page. */
  retained(
    beforeMs: number,
    after: StudyCursor | undefined,
    limit: number,
  ): Promise<readonly RetainedStudy[]>;
  /** Tombstones of at most `limit` instances of the study in `state`; undefined when there are none. */
  tombstones(
    study: string,
    state: 'delivered' | 'rejected',
    limit: number,
  ): Promise<Tombstones | undefined>;
  /** Studies whose youngest tombstone is older than `beforeMs`. */
  forgettable(beforeMs: number, limit: number): Promise<readonly string[]>;

  /** Segments with dead records, and the payload bytes in them that are still needed. */
  deadSegments(): Promise<readonly { readonly segment: string; readonly liveBytes: number }[]>;
  /** Segments whose end was decided; a file that is still there is removed. */
  reclaimedSegments(): Promise<ReadonlySet<string>>;
  graves(segment: string): Promise<ReadonlySet<number>>;
  /** Instances that are read from `segment`. */
  residents(segment: string): Promise<readonly PlacedInstance[]>;
  /** Second copies in `segment`, each with the instance that is read from elsewhere. */
  copies(
    segment: string,
  ): Promise<readonly { readonly recordOffset: number; readonly main: PlacedInstance }[]>;
  /** Instances that are read from `segment` and have no copy in another. */
  unmoved(segment: string): Promise<number>;

  /** Instances with bytes here, by place, behind `after`; a page. */
  placed(
    after: { readonly segment: string; readonly recordOffset: number } | undefined,
    limit: number,
  ): Promise<readonly PlacedInstance[]>;
  readNote(name: string): Promise<string | undefined>;
  /** Something convenient to know at the next start and no loss to forget. */
  writeNote(name: string, text: string): Promise<void>;

  study(study: string): Promise<
    | {
        readonly isPinned: boolean;
        readonly discardAskedBy: string | undefined;
      }
    | undefined
  >;
  /** Its instances by UID and digest behind `after`, at most `limit`; all of them when neither is given. */
  instancesOf(
    study: string,
    after?: InstanceKey,
    limit?: number,
  ): Promise<readonly NamedInstance[]>;
}

/** The files of the segments; nobody writes to what it names. */
export interface SegmentFiles {
  /** Segments that are complete and may go, with their length; never the newest, whose number must not come again. */
  closed(): Promise<readonly { readonly segment: string; readonly sizeBytes: number }[]>;
  /** What a scan of the segment finds, by place. */
  scan(segment: string): AsyncIterable<{
    readonly kind: 'record' | 'torn' | 'damaged';
    readonly recordOffset: number;
  }>;
  /** Removes the file and makes that durable. One that is gone already is no fault. */
  remove(segment: string): Promise<void>;
}

/** Writes facts where they last (`intake/recorder.ts`). */
export interface FactRecorder {
  record(facts: readonly BoxFact[]): Promise<Result<void, Fault>>;
}

/** Reads and copies stored objects. */
export interface StoredObjects {
  /** Whether the dataset still has its digest; reads all of it, and waits for `pace` before each piece. */
  isIntact(object: StoredObject, pace?: (bytes: number) => Promise<void>): Promise<boolean>;
  /** Stores the object a second time, in another segment; durable on `ok`. A digest that differs is `store/damaged`. */
  copy(object: PlacedInstance): Promise<Result<void, Fault>>;
  /** Resolves when the copies are in the catalog. */
  catalogued(): Promise<void>;
}

export interface HousekeepingPorts {
  readonly catalog: HousekeepingCatalog;
  readonly recorder: FactRecorder;
  readonly segments: SegmentFiles;
  readonly objects: StoredObjects;
  readonly clock: Clock;
  readonly log: Log;
  /** The centers that a study may go to. */
  readonly centers: () => readonly {
    readonly root: string;
    readonly code: string;
    readonly name: string;
    readonly isOpen: boolean;
  }[];
  /** Whether the disk takes no new studies, so that room is worth more than rest. */
  readonly isShort: () => boolean;
  /** Something that a screen shows has changed. */
  readonly onChange: () => void;
}
