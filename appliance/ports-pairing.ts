import type { KeyList } from '#sync/seal/key-list.ts';
import type { BoxPeer } from '#sync/seal/peers.ts';
import type { ReceivingSecret } from '#sync/seal/receiving-key.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import type { EnrolmentAsk } from '#sync/wire/enrolment.ts';

/** What letters of a center told of it, as far as it is kept over a restart. */
export interface Heard {
  /** The highest number of a key list that one named. */
  readonly list: number;
  /** When the latest was sealed, by the clock of the center, ms since 1970; 0: nothing believable. */
  readonly at: number;
}

/** A center that studies may be sealed to, from its peer record and its newest key list. */
export interface Center {
  /** Root public key, hex: the name of the party in rows and facts. */
  readonly root: string;
  readonly name: string;
  readonly state: BoxPeer['state'];
  readonly keyList: KeyList;
  readonly grant: NonNullable<BoxPeer['grant']>;
  /** Absent before the first letter. */
  readonly heard?: Heard;
  /** Name of the transport key for it; absent for the first center. */
  readonly transport?: string;
}

/** What pairing left on the disk: this box's keys and its centers. Re-read when the folder changes. */
export interface Pairing {
  readonly identity: SigningKey;
  readonly receive: ReceivingSecret;
  /** Every center with a key list that verifies and a grant. */
  readonly centers: readonly Center[];
  /** Pairings whose words are not compared yet, with the four that are read to the center. */
  readonly waiting?: readonly { readonly center: string; readonly words: readonly string[] }[];
  /** Pairings for which the agent asks at the relays without a session (absent: none), with the root of a center. */
  readonly asks?: readonly (EnrolmentAsk & { readonly root?: string | undefined })[];
}
