import type { DatabaseFault } from '#sync/core/database.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import type { StoredObject } from '../store/twins.ts';

/** Text values by keyword, as `Entry` of the levels. */
export type Values = Readonly<Partial<Record<Keyword, string>>>;

export type QueryLevel = 'PATIENT' | 'STUDY' | 'SERIES' | 'IMAGE';

/**
 * What the catalog may narrow a search by. It may return more than fits (the caller tests every entry again), never
 * less.
 */
export interface Narrowing {
  /** Exact unique keys; undefined: any. */
  readonly patientIds?: readonly string[] | undefined;
  readonly studyInstanceUids?: readonly string[] | undefined;
  readonly seriesInstanceUids?: readonly string[] | undefined;
  readonly sopInstanceUids?: readonly string[] | undefined;
  readonly accessionNumbers?: readonly string[] | undefined;
  /** YYYYMMDD, both ends included; '' = open. */
  readonly studyDates?: { readonly from: string; readonly to: string } | undefined;
  /** ASCII text that a fitting patient name contains, whatever its case. */
  readonly patientNamePart?: string | undefined;
}

export interface QueryPage {
  readonly entries: readonly {
    readonly values: Values;
    /** At image level, where the instance lies. */
    readonly object?: StoredObject | undefined;
  }[];
  /** Where the next page starts; undefined: this was the last. */
  readonly next: string | undefined;
}

/** A series of which no instance was looked into yet, with one of its instances. */
export interface UndescribedSeries {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** AE title of the device that sent the study, '' for a file. */
  readonly callingAeTitle: string;
  readonly object: StoredObject;
}

/**
 * The catalog as queries see it: instances that are stored, packed or delivered, of studies with an identity. Held,
 * damaged and purged ones are not there. Reads throw when the database refuses.
 */
export interface QueryCatalog {
  /** A page of entities of `level`, newest studies first; counts and lists only where `wanted` names them. */
  page(
    level: QueryLevel,
    narrowing: Narrowing,
    wanted: ReadonlySet<Keyword>,
    after: string | undefined,
  ): Promise<QueryPage>;
  /** How many instances a retrieval would send. */
  count(narrowing: Narrowing): Promise<number>;
  /** The SOP classes of these instances, each in the transfer syntaxes that are stored. */
  classes(narrowing: Narrowing): Promise<readonly ClassInSyntax[]>;
  /** At most `limit` series without a description, any of them. */
  undescribed(limit: number): Promise<readonly UndescribedSeries[]>;
  /** Keeps what the head of an instance told of its series. Idempotent. */
  describe(
    series: readonly (Pick<UndescribedSeries, 'studyInstanceUid' | 'seriesInstanceUid'> & {
      readonly values: Values;
    })[],
  ): Promise<Result<void, DatabaseFault>>;
}

/** `message` goes to the asker as Error Comment: short, ASCII, no patient data. */
export type DecodeFault = Fault<
  'decode/unknown-syntax' | 'decode/too-large' | 'decode/damaged' | 'decode/worker'
>;

/** Makes a plain dataset of a stored one, for peers that do not take its transfer syntax; the stored stays as it is. */
export interface Decoder {
  /** The whole dataset in `transferSyntaxUid`: explicit or implicit little endian. */
  decode(
    object: StoredObject,
    transferSyntaxUid: string,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array, DecodeFault>>;
}

/** Where C-MOVE may send, from the config. */
export interface MoveDestination {
  readonly name: string;
  readonly aeTitle: string;
  readonly address: string;
  readonly port: number;
  /** Modalities that may go there; undefined: all. */
  readonly modalities?: readonly string[] | undefined;
}

/** A pair of SOP class and transfer syntax. */
export interface ClassInSyntax {
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

/** A way on which instances go to a peer: an association of ours, or the one that a C-GET came on. */
export interface StorageWay {
  /** The context on which such an instance can go; undefined: the peer does not take it so. */
  contextOf(pair: ClassInSyntax): number | undefined;
  /** Sends one; the status of the answer, or undefined when the way is gone. A `dataset` that throws ends the way. */
  store(
    contextId: number,
    instance: { readonly sopClassUid: string; readonly sopInstanceUid: string },
    dataset: AsyncIterable<Uint8Array>,
  ): Promise<number | undefined>;
}

/** Opens an association of ours for sub-operations of a C-MOVE. */
export interface StorageScu {
  /** Asks for one context for each of `pairs`. A string says why there is none: short, for the asker. */
  open(
    destination: MoveDestination,
    pairs: readonly ClassInSyntax[],
    options: {
      readonly signal: AbortSignal;
      readonly callingAeTitle: string;
      readonly moveOriginator: { readonly aeTitle: string; readonly messageId: number };
    },
  ): Promise<(StorageWay & { close(): Promise<void> }) | string>;
}
