import type { AssumedCharacterSetOf } from '#sync/dicom/text.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import type { Catalog, CatalogEntry } from '../ports-catalog.ts';
import type { FactLog, FactPosition } from '../ports-facts.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import { createGraves, type Graves } from '../store/graves.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import type { HeldPair } from '../store/twins.ts';
import { announcedOf, storedAttributes } from './stored-attributes.ts';

const groupSize = 50;

export interface ReplayCounts {
  readonly instances: number;
  readonly facts: number;
}

/**
 * Brings the catalog up to what is on the disk: segment records beyond the last catalogued offset, then facts beyond
 * the last applied one. From an empty catalog it is the whole rebuild. Throws when the catalog refuses a write.
 */
export async function replay(
  ports: {
    readonly catalog: Pick<Catalog, 'addInstances' | 'passOver' | 'apply' | 'progress'>;
    readonly store: Pick<InstanceStore, 'records' | 'read'>;
    readonly facts: Pick<FactLog, 'read' | 'append'>;
    readonly assumedCharacterSetOf?: AssumedCharacterSetOf;
  },
  nowMs: number,
): Promise<ReplayCounts> {
  const { segments, facts: from } = await ports.catalog.progress();
  const graves = await gravesOf(ports.facts, from);
  const conflicts = new Map<string, HeldPair>();
  let instances = 0;
  for await (const group of groupsOf(ports.store.records(segments))) {
    const entries: CatalogEntry[] = [];
    for (const record of group.filter((each) => !graves.has(each)))
      entries.push({ record, attributes: await attributesOf(ports, record) });
    if (entries.length < group.length) {
      const passed = await ports.catalog.passOver(group.filter(graves.has));
      if (!passed.ok) throw new Error(passed.fault.message, { cause: passed.fault });
    }
    if (entries.length === 0) continue;
    const added = await ports.catalog.addInstances(entries);
    if (!added.ok) throw new Error(added.fault.message, { cause: added.fault });
    instances += entries.length;
    for (const pair of added.value) conflicts.set(pair.held, pair);
  }
  const facts = await replayFacts(ports, from, conflicts);
  await hold(ports, [...conflicts.values()], nowMs);
  return { instances, facts };
}

/** Records that facts beyond `from` bury: their tombstones come with the facts. */
async function gravesOf(
  facts: Pick<FactLog, 'read'>,
  from: FactPosition | undefined,
): Promise<Graves> {
  const graves = createGraves();
  for await (const { fact } of facts.read(from)) graves.note(fact);
  return graves;
}

/** Conflicts that a crash kept from being written down. */
async function hold(
  ports: {
    readonly catalog: Pick<Catalog, 'apply'>;
    readonly facts: Pick<FactLog, 'append'>;
  },
  pairs: readonly HeldPair[],
  atMs: number,
): Promise<void> {
  if (pairs.length === 0) return;
  const facts = pairs.map((pair) => ({ fact: 'held', atMs, ...pair }) as const);
  const appended = await ports.facts.append(facts);
  const applied = appended.ok ? await ports.catalog.apply(facts, appended.value) : appended;
  if (!applied.ok) throw new Error(applied.fault.message, { cause: applied.fault });
}

async function replayFacts(
  ports: { readonly catalog: Pick<Catalog, 'apply'>; readonly facts: Pick<FactLog, 'read'> },
  from: FactPosition | undefined,
  conflicts: Map<string, HeldPair>,
): Promise<number> {
  let count = 0;
  for await (const group of groupsOf(ports.facts.read(from))) {
    const last = group.at(-1);
    if (!last) continue;
    const facts: readonly BoxFact[] = group.map(({ fact }) => fact);
    const applied = await ports.catalog.apply(facts, last.position);
    if (!applied.ok) throw new Error(applied.fault.message, { cause: applied.fault });
    for (const fact of facts) {
      if (fact.fact !== 'held') continue;
      conflicts.delete(fact.held);
      conflicts.delete(fact.kept);
    }
    count += facts.length;
  }
  return count;
}

/** What the first bytes of a stored dataset tell; a record whose bytes cannot be read is kept without a name. */
export async function attributesOf(
  ports: {
    readonly store: Pick<InstanceStore, 'read'>;
    readonly assumedCharacterSetOf?: AssumedCharacterSetOf;
  },
  record: StoredRecord,
): Promise<InstanceAttributes> {
  const { arrival } = record;
  const assumed = ports.assumedCharacterSetOf?.(arrival.callingAeTitle);
  const attributes = await storedAttributes(ports.store, { ...record, ...arrival }, assumed);
  if (attributes) return attributes;
  return {
    ...namelessAttributes,
    ...announcedOf(arrival),
    studyInstanceUid: parseUid(record.studyInstanceUid ?? ''),
    seriesInstanceUid: parseUid(record.seriesInstanceUid ?? ''),
  };
}

const namelessAttributes = {
  patientId: '',
  issuerOfPatientId: '',
  patientName: '',
  patientBirthDate: '',
  patientSex: '',
  accessionNumber: '',
  modality: '',
  studyDescription: '',
  seriesDescription: '',
  bodyPartExamined: '',
  studyDate: '',
  studyTime: '',
  instanceNumber: '',
  isLossy: false,
} as const;

async function* groupsOf<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < groupSize) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
