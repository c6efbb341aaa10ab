import type { BoxFact } from '../store/facts.ts';

type Sealed = Extract<BoxFact, { readonly fact: 'sealed' }>;

/**
 * The facts of another box as they count for the one in its place: its segments have other names here, and what its
 * center did not confirm is given up, to be sealed anew by this box. Its manifests stay known, so reports and receipts
 * that answer them fit. A person's word about a device counts only where this box has none.
 */
export function inheritedFacts(
  facts: readonly BoxFact[],
  own: {
    readonly segmentOf: (name: string) => string;
    readonly knowsCaller: (aeTitle: string, address: string) => boolean;
    readonly atMs: number;
  },
): readonly BoxFact[] {
  const kept = facts
    .filter((fact) => fact.fact !== 'caller' || !own.knowsCaller(fact.aeTitle, fact.address))
    .map((fact) => withSegments(fact, own.segmentOf));
  const reason = 'sealed by the box that this one replaces';
  const dropped = unconfirmedPacks(facts).map(
    (packId) => ({ fact: 'dropped', atMs: own.atMs, packId, reason }) as const,
  );
  return [...kept, ...dropped];
}

/** Packs of images and lists that are not dropped and of which the center has not signed for everything. */
function unconfirmedPacks(facts: readonly BoxFact[]): readonly string[] {
  const sealed = new Map<string, Sealed>();
  const delivered = new Map<string, Set<string>>();
  for (const fact of facts) {
    if (fact.fact === 'sealed' && !['receipt', 'control'].includes(fact.kind))
      sealed.set(fact.packId, fact);
    else if (fact.fact === 'dropped') sealed.delete(fact.packId);
    else if (fact.fact === 'addressed') {
      for (const [packId, { study, center }] of sealed) {
        if (study !== fact.study || center === fact.center) continue;
        sealed.delete(packId);
        delivered.delete(study);
      }
    } else if (fact.fact === 'delivered') {
      const digests = delivered.get(fact.study) ?? new Set();
      for (const [original] of fact.instances) digests.add(original);
      delivered.set(fact.study, digests);
    }
  }
  const isConfirmed = ({ study, pieces = [], manifest }: Sealed): boolean =>
    [...pieces, ...(manifest?.list ?? [])].every(([, digest]) =>
      delivered.get(study ?? '')?.has(digest),
    );
  return [...sealed.values()].flatMap((pack) => (isConfirmed(pack) ? [] : [pack.packId]));
}

function withSegments(fact: BoxFact, segmentOf: (name: string) => string): BoxFact {
  switch (fact.fact) {
    case 'damaged':
    case 'reclaimed':
      return { ...fact, segment: segmentOf(fact.segment) };
    case 'purged':
    case 'discarded':
      return {
        ...fact,
        instances: fact.instances.map((instance) => ({
          ...instance,
          places: instance.places.map(([segment, offset]): [string, number] => [
            segmentOf(segment),
            offset,
          ]),
        })),
      } as BoxFact;
    default:
      return fact;
  }
}
