/** Why the images of a study are asked for again; each cause is noted once. */
export interface ResendCause {
  /** Names the cause: `pack/<id>`, `object/<digest>`, `restored/<manifest>` or `person/<number>`. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly reason: 'unreadable' | 'incomplete' | 'restored';
  /** Packs that could not be used. */
  readonly packs: readonly string[];
  /** Digests of datasets that are missing or damaged here. */
  readonly instances: readonly string[];
  /** A person's word; null: the center found it by itself. */
  readonly by: string | null;
  readonly why: string | null;
  /** Version of the register that asked for it; null: it is not asked for yet. */
  readonly version: number | null;
}

/** Everything that was to be asked for of one study, kept as one file. */
export interface StudyResends {
  readonly format: 1;
  readonly studyInstanceUid: string;
  /** Identity key (hex) of the box that sent it. */
  readonly box: string;
  /** Oldest first. */
  readonly causes: readonly ResendCause[];
}

/** Keeps what was asked for again; durable on return, one file a study. */
export interface ResendFiles {
  all(): Promise<readonly StudyResends[]>;
  /** Replaces what is kept of its study. */
  put(resends: StudyResends): Promise<void>;
}
