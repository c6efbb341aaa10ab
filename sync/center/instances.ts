import type { InstanceFacts, InstanceKey, InstanceState } from './rows.ts';

/** What may happen to an instance in the ledger. */
export type InstanceEvent = 'send' | 'store' | 'fail' | 'crash' | 'commit';

const arrows: Readonly<
  Record<InstanceState, Readonly<Partial<Record<InstanceEvent, InstanceState>>>>
> = {
  planned: { send: 'sending' },
  sending: { store: 'stored', fail: 'planned', crash: 'planned' },
  stored: { commit: 'committed' },
  committed: {},
  conflict: {},
};

/**
 * The state after `event`, or undefined when the ledger forbids it: nothing leaves `stored` but a storage
 * commitment, and nothing ever leaves `conflict` by itself.
 */
export function nextState(state: InstanceState, event: InstanceEvent): InstanceState | undefined {
  return arrows[state][event];
}

/** The states from which `event` leads to another, for the statement that applies it. */
export function statesBefore(event: InstanceEvent): readonly InstanceState[] {
  return (Object.keys(arrows) as InstanceState[]).filter(
    (state) => arrows[state][event] !== undefined,
  );
}

/** Whether a delivery receipt may name the instance. */
export function isDelivered(state: InstanceState | undefined): boolean {
  return state === 'stored' || state === 'committed';
}

/** One text for the key of an instance. */
export function keyOf({ sopInstanceUid, datasetSha256 }: InstanceKey): string {
  return `${sopInstanceUid}/${datasetSha256}`;
}

/**
 * How each instance of a pack enters the ledger beside the rows that are there: the first dataset of a SOP Instance
 * UID is delivered, another dataset of it is a conflict (faults design, I3). What the ledger holds already keeps
 * its place, so the same pack twice changes nothing.
 */
export function enter(
  arrived: readonly Omit<InstanceFacts, 'enteredAs'>[],
  known: readonly InstanceKey[],
): readonly InstanceFacts[] {
  const firstDigest = new Map<string, string>();
  const knownKeys = new Set(known.map(keyOf));
  for (const { sopInstanceUid, datasetSha256 } of known) {
    if (!firstDigest.has(sopInstanceUid)) firstDigest.set(sopInstanceUid, datasetSha256);
  }
  const entered: InstanceFacts[] = [];
  for (const instance of arrived) {
    if (knownKeys.has(keyOf(instance))) continue;
    knownKeys.add(keyOf(instance));
    const first = firstDigest.get(instance.sopInstanceUid) ?? instance.datasetSha256;
    firstDigest.set(instance.sopInstanceUid, first);
    const enteredAs = first === instance.datasetSha256 ? 'planned' : 'conflict';
    entered.push({ ...instance, enteredAs });
  }
  return entered;
}
