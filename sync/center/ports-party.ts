import type { EpochWarning } from '../seal/epochs.ts';
import type { KeyList } from '../seal/key-list.ts';
import type { CenterTicket } from '../seal/peers.ts';
import type { ReceivingSecret } from '../seal/receiving-key.ts';
import type { SigningKey } from '../seal/signature.ts';

/** The center's keys and its boxes, as they are on disk now. */
export interface Party {
  readonly identity: SigningKey;
  readonly secrets: readonly ReceivingSecret[];
  readonly keyList: KeyList;
  /** Every root so far, the one of `keyList` last; absent: that one alone. */
  readonly roots?: readonly Uint8Array[];
  /** Warnings of the day about receiving keys. */
  readonly epochWarnings?: readonly EpochWarning[];
  /** Days until the current receiving key is to be followed; absent: nobody noted when it began. */
  readonly epochLeftDays?: number;
  readonly keyListText: string;
  /** Session handle of the center's agent at every relay, hex. */
  readonly handle: string;
  /** Public transport key of the center's agent, hex. */
  readonly transport: string;
  readonly tickets: readonly CenterTicket[];
}

/** The numbers this center gives its packs; a number is never given twice, also across a crash. */
export interface SequencePort {
  /** 16 bytes. */
  readonly stream: Uint8Array;
  next(): Promise<bigint>;
}

/** What the destination of this center takes, by its config. */
export interface CenterAbilities {
  readonly sopClasses: readonly string[];
  readonly transferSyntaxes: readonly string[];
  readonly countries: readonly string[];
}

/** Where the newest version of the abilities is kept. */
export interface AbilityFile {
  read(): Promise<string | undefined>;
  /** Durable on return. */
  write(text: string): Promise<void>;
}
