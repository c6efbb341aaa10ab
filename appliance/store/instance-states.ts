/**
 * `held`: a second object under a UID that is not compared with the first yet (an instance of the list is `conflict`
 * until then). Compared, it is a `resend` of the first in another encoding, of another patient or study (`identity`),
 * or in `conflict` with it. None of these travels.
 */
export const instanceStates = [
  'stored',
  'packed',
  'delivered',
  'purged',
  'held',
  'resend',
  'identity',
  'conflict',
  'damaged',
  'aside',
  'rejected',
  'discarded',
] as const;
export type InstanceState = (typeof instanceStates)[number];

/** The key of an instance: two objects of one UID are two instances, and one of them goes on. */
export interface InstanceKey {
  readonly sopInstanceUid: string;
  readonly datasetSha256: string;
}

/** What a list of all that is stored says of each. */
export type InstanceOfStudy = InstanceKey & {
  readonly studyInstanceUid: string;
  readonly state: InstanceState;
};
