import type { BoxFact } from '#appliance/store/facts.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';

/** What the world lets the oracle look at; everything else it is told. */
export interface Evidence {
  /** The bytes of the dataset are on the disk of a box, and would be after a power cut now. */
  isHeldAtBox(instance: SyntheticInstance): boolean;
  /** So is the pack on the relay's disk, in the spool of its recipient, or settled there. */
  isPackSafe(packId: string): boolean;
  /** Grows whenever the answer to one of these may have become no. */
  losses(): number;
}

/** The driver's own ledger: it believes no program and holds the invariants of the simulator against the world. */
export interface Oracle {
  /** Before the first byte leaves the modality. */
  sent(instance: SyntheticInstance): void;
  /** The modality was told success. */
  accepted(instance: SyntheticInstance): void;
  /** The PACS has stored an instance. */
  stored(dataset: Uint8Array, sopInstanceUid: string): void;
  /** The PACS may be handed this instance once more: its answer was lost, or the center died over it. */
  mayComeAgain(digest: string): void;
  /** A box writes a fact now; whether it lasts is not known yet. */
  boxWrites(fact: BoxFact): void;
  /** A box has written a fact. */
  boxFact(fact: BoxFact): void;
  /** The relay lost a pack that it signed for: nobody else has to answer for it. */
  lostByRelay(packIds: readonly string[]): void;
  /** Somebody on the way made this pack of another. */
  tampered(packId: string): void;
  isTampered(packId: string): boolean;
  /** The disk of the center spoils an instance that it has. */
  rots(digest: string): void;
  isRotten(digest: string): boolean;
  /** Something happened that no fault explains. */
  broken(what: string): void;
  /** The first violation, if any. Called after every step. */
  check(): string | undefined;
  isStored(digest: string): boolean;
  /** A box has purged it, or was about to. */
  isPurged(digest: string): boolean;
  acceptedInstances(): readonly SyntheticInstance[];
  /** Accepted, and neither at the PACS nor excused. */
  openBytes(): number;
}

export function createOracle(evidence: Evidence): Oracle {
  const sent = new Map<string, SyntheticInstance>();
  const accepted = new Map<string, SyntheticInstance>();
  const stores = new Map<string, number>();
  const allowed = new Map<string, number>();
  const custody = new Set<string>();
  /** Digests that a receipt was written down for, or may have been. */
  const receipted = new Set<string>();
  /** Digests whose bytes may be gone; of these a box whose clock jumps by a year forgets all. */
  const purged = new Set<string>();
  const excused = new Set<string>();
  const forged = new Set<string>();
  const rotten = new Set<string>();
  /** What the PACS got under each SOP Instance UID. */
  const contents = new Map<string, string>();
  let violation: string | undefined;
  let checkedLosses = -1;
  const violate = (text: string): void => {
    violation ??= text;
  };

  return {
    sent: (instance) => void sent.set(instance.datasetSha256, instance),
    accepted: (instance) => void accepted.set(instance.datasetSha256, instance),
    stored(dataset, sopInstanceUid) {
      const digest = datasetSha256(dataset);
      const original = sent.get(digest);
      if (original === undefined) return violate('S2: the PACS got bytes that no modality sent');
      if (original.sopInstanceUid !== sopInstanceUid) {
        return violate('S2: the PACS got an instance under the UID of another');
      }
      if (!evidence.isHeldAtBox(original) && !accepted.has(digest)) {
        return violate('S2: the PACS got an instance that no box has taken');
      }
      const content = contents.get(sopInstanceUid) ?? digest;
      if (content !== digest) return violate('S2: the PACS got other content under a UID it has');
      contents.set(sopInstanceUid, digest);
      const times = (stores.get(digest) ?? 0) + 1;
      stores.set(digest, times);
      const most = 1 + (allowed.get(digest) ?? 0);
      if (times > most) violate(`S3: the PACS got one instance ${times} times, ${most} allowed`);
    },
    mayComeAgain: (digest) => void allowed.set(digest, (allowed.get(digest) ?? 0) + 1),
    boxWrites(fact) {
      if (fact.fact === 'purged') {
        for (const { datasetSha256: digest } of fact.instances) purged.add(digest);
      }
      if (fact.fact !== 'delivered') return;
      for (const [digest] of fact.instances) receipted.add(digest);
    },
    boxFact(fact) {
      if (fact.fact === 'purged') {
        const isProven = fact.instances.every(
          ({ datasetSha256: digest, receipt }) => receipt !== null && receipted.has(digest),
        );
        if (!isProven) violate('S4: a box purges what no receipt of the center is for');
      }
      if (fact.fact === 'custody') custody.add(fact.packId);
      if (fact.fact === 'quarantined' && !forged.has(fact.packId))
        violate(`S6: a box refuses a good letter: ${fact.reason}`);
      if (fact.fact === 'damaged') violate('S1: a box calls a good instance damaged');
      if (fact.fact !== 'delivered') return;
      for (const [digest] of fact.instances) {
        if (!stores.has(digest)) violate('S4: a box counts as delivered what no PACS has');
        if (sent.get(digest)?.attributes.studyInstanceUid !== fact.study) {
          violate('S2: a receipt names an instance under another study');
        }
      }
    },
    lostByRelay(packIds) {
      for (const packId of packIds) excused.add(packId);
    },
    tampered: (packId) => void forged.add(packId),
    isTampered: (packId) => forged.has(packId),
    rots: (digest) => void rotten.add(digest),
    isRotten: (digest) => rotten.has(digest),
    broken: (what) => violate(what),
    check() {
      const losses = evidence.losses() + accepted.size + custody.size;
      if (losses === checkedLosses) return violation;
      checkedLosses = losses;
      for (const [digest, instance] of accepted) {
        if (receipted.has(digest) && stores.has(digest)) continue;
        if (evidence.isHeldAtBox(instance)) continue;
        violate(
          stores.has(digest)
            ? 'S4: a box let go of an instance before a receipt of the center'
            : 'S1: success was said for an instance that is nowhere',
        );
      }
      for (const packId of custody) {
        if (!excused.has(packId) && !evidence.isPackSafe(packId))
          violate(`S1: pack ${packId.slice(0, 8)}, that the relay signed for, is nowhere`);
      }
      return violation;
    },
    isStored: (digest) => stores.has(digest),
    isPurged: (digest) => purged.has(digest),
    acceptedInstances: () => [...accepted.values()],
    openBytes: () =>
      [...accepted].reduce(
        (sum, [digest, { part10 }]) => sum + (stores.has(digest) ? 0 : part10.length),
        0,
      ),
  };
}
