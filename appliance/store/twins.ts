import type { InstanceState } from './instance-states.ts';

/** What a second object under one SOP Instance UID is to the first. */
export type TwinKind = Extract<InstanceState, 'resend' | 'identity' | 'conflict'>;

/** Where a stored object lies and what it was announced as; sizes and offsets as in `StoredRecord`. */
export interface StoredObject {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly datasetSha256: string;
  readonly segment: string;
  readonly payloadOffset: number;
  readonly payloadSizeBytes: number;
  readonly fileHeaderSizeBytes: number;
}

/** Two objects of one UID that nobody compared yet. */
export interface TwinPair {
  readonly kept: StoredObject;
  readonly held: StoredObject;
}

/** Two digests under one UID: the first goes on, the second is held. */
export interface HeldPair {
  readonly sopInstanceUid: string;
  readonly kept: string;
  readonly held: string;
}
