import type { InstanceState } from '../store/instance-states.ts';
import type { CommitmentPolicy, CommitmentReport, KnownObject, Reference } from './ports.ts';

/** Why an image is not committed (PS3.3 C.14, Failure Reason). */
export const failureReason = {
  processingFailure: 0x0110,
  noSuchObjectInstance: 0x0112,
  classInstanceConflict: 0x0119,
} as const;

/** What can be said of one image now. */
export type Verdict = 'committed' | 'waiting' | { readonly failureReason: number };

/** A second object of the same image in another encoding, or one that a person set aside, decides nothing. */
const ofNoWeight: readonly InstanceState[] = ['resend', 'aside'];

/**
 * Whether the box takes on one image. `objects` is all that is known under its UID. What is in doubt between two
 * objects waits for a person, unless the box alone is asked, which keeps both.
 */
export function judgeReference(
  reference: Reference,
  objects: readonly KnownObject[],
  policy: CommitmentPolicy,
): Verdict {
  const counted = objects.filter(({ state }) => !ofNoWeight.includes(state));
  if (counted.length === 0) return { failureReason: failureReason.noSuchObjectInstance };
  if (!counted.some(({ sopClassUid }) => sopClassUid === reference.sopClassUid)) {
    return { failureReason: failureReason.classInstanceConflict };
  }
  const verdicts = counted.map((object) => verdictOf(object, policy));
  const failure = verdicts.find((verdict) => typeof verdict === 'object');
  return failure ?? verdicts.find((verdict) => verdict === 'waiting') ?? 'committed';
}

function verdictOf({ state, isInCustody }: KnownObject, policy: CommitmentPolicy): Verdict {
  switch (state) {
    case 'delivered':
    case 'purged':
      return 'committed';
    case 'packed':
      return policy === 'box' || (policy === 'custody' && isInCustody) ? 'committed' : 'waiting';
    case 'discarded':
      return { failureReason: failureReason.noSuchObjectInstance };
    case 'damaged':
    case 'rejected':
      return { failureReason: failureReason.processingFailure };
    default:
      return policy === 'box' ? 'committed' : 'waiting';
  }
}

/**
 * The whole answer; undefined while an image waits and patience is left. What still waits behind it is a failure: the
 * device keeps the image and may ask again.
 */
export function judgeCommitment(
  references: readonly Reference[],
  objects: readonly KnownObject[],
  policy: CommitmentPolicy,
  isPatient: boolean,
): CommitmentReport | undefined {
  const byUid = Map.groupBy(objects, ({ sopInstanceUid }) => sopInstanceUid);
  const judged = references.map((reference) => ({
    reference,
    verdict: judgeReference(reference, byUid.get(reference.sopInstanceUid) ?? [], policy),
  }));
  if (isPatient && judged.some(({ verdict }) => verdict === 'waiting')) return undefined;
  return {
    committed: judged
      .filter(({ verdict }) => verdict === 'committed')
      .map(({ reference }) => reference),
    failed: judged.flatMap(({ reference, verdict }) => {
      if (verdict === 'committed') return [];
      const reason =
        verdict === 'waiting' ? failureReason.processingFailure : verdict.failureReason;
      return [{ ...reference, failureReason: reason }];
    }),
  };
}
