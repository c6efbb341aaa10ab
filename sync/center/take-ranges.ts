import { type ArrivedFacts, factsOf, type ObjectRange } from './data.ts';
import { refusalOf } from './open.ts';
import type { CenterPorts } from './ports.ts';
import { quarantine } from './quarantine.ts';
import { coverObject } from './ranges.ts';
import type { Resends } from './resends.ts';
import type { PackRow, StudyRow } from './rows.ts';

/**
 * Keeps the ranges of split objects and joins every object that they complete; the rows of those that are whole now.
 * An object that was joined before a crash is found whole and gives its row again.
 */
export async function takeRanges(
  ports: Pick<CenterPorts, 'store' | 'clock' | 'log'> & {
    readonly resends: Pick<Resends, 'note'>;
  },
  study: StudyRow,
  ranges: readonly ObjectRange[],
  { packId }: PackRow,
): Promise<readonly ArrivedFacts[]> {
  const { store } = ports;
  const { studyInstanceUid } = study;
  const joined: ArrivedFacts[] = [];
  const byDigest = Map.groupBy(ranges, ({ datasetSha256 }) => datasetSha256);
  for (const [digest, own] of byDigest) {
    const sizeBytes = own[0]?.sizeBytes ?? 0;
    let head = await store.readHead(studyInstanceUid, digest);
    if (head === undefined) {
      await store.putRanges(studyInstanceUid, own);
      const pieces = coverObject(await store.ranges(studyInstanceUid, digest), sizeBytes);
      if (pieces === undefined) continue;
      head = await store.joinRanges(studyInstanceUid, digest, pieces);
    }
    const facts = head && factsOf(studyInstanceUid, digest, head, sizeBytes);
    if (facts?.ok) {
      joined.push(facts.value.facts);
      continue;
    }
    // The pack itself may be good: which of several packs brought the wrong range, nobody can tell.
    await quarantine(ports, packId, joinsToAnother, undefined);
    await ports.resends.note(study, {
      ...{ id: `pack/${packId}`, reason: 'unreadable', packs: [packId], instances: [digest] },
    });
  }
  return joined;
}

const joinsToAnother = refusalOf('center/digest', 'the ranges of an object join to another digest');
