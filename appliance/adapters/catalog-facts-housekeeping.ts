import type { Statement } from '#sync/core/database.ts';
import type { BoxFact } from '../store/facts.ts';
import { buried, reclaimed } from './catalog-facts-burial.ts';
import { asideStates, goneStates, packedSql, statement } from './catalog-rows.ts';

type Kind =
  | 'pin'
  | 'archived'
  | 'rejected'
  | 'restored'
  | 'discard-asked'
  | 'discarded'
  | 'decided'
  | 'purged'
  | 'reclaimed'
  | 'forgotten';
type HousekeepingFact = Extract<BoxFact, { readonly fact: Kind }>;
type FactOf<K extends Kind> = Extract<BoxFact, { readonly fact: K }>;

/** The statements that bring one fact of housekeeping into the catalog; twice is as once. */
export function housekeepingStatements(fact: HousekeepingFact): readonly Statement[] {
  switch (fact.fact) {
    case 'pin':
      return [
        statement(
          'UPDATE study SET isPinned = ? WHERE studyInstanceUid = ?',
          fact.isPinned ? 1 : 0,
          fact.study,
        ),
      ];
    case 'archived':
      return fact.instances.map(([uid, digest]) =>
        statement(
          'UPDATE instance SET isArchived = 1 WHERE sopInstanceUid = ? AND datasetSha256 = ?',
          uid,
          digest,
        ),
      );
    case 'rejected':
      return [...rejected(fact), askNobody(fact.study)];
    case 'restored':
      return [
        ...fact.instances.flatMap(([uid, digest]) => restored(uid, digest)),
        askNobody(fact.study),
      ];
    case 'discard-asked':
      return [
        statement(
          'UPDATE study SET discardAskedBy = ? WHERE studyInstanceUid = ?',
          fact.by,
          fact.study,
        ),
      ];
    case 'discarded':
      return [
        ...buried(fact, 'discarded', fact.atMs),
        ...fact.instances.flatMap(({ sopInstanceUid, datasetSha256 }) =>
          unsent(sopInstanceUid, datasetSha256),
        ),
        askNobody(
          fact.study.studyInstanceUid,
          "AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = study.studyInstanceUid AND state = 'rejected')",
        ),
      ];
    case 'decided':
      return [
        statement(
          `UPDATE instance SET state = ?, isCompared = 1
           WHERE sopInstanceUid = ? AND datasetSha256 = ? AND state IN ('resend', 'identity', 'conflict')`,
          fact.decision === 'send-second' ? 'stored' : 'aside',
          fact.sopInstanceUid,
          fact.held,
        ),
      ];
    case 'purged':
      return buried(fact, 'purged', fact.atMs);
    case 'reclaimed':
      return reclaimed(fact.segment);
    case 'forgotten':
      return forgotten(fact.study);
  }
}

/** Whoever asked for the end of what was rejected asked for something else. */
function askNobody(study: string, where = ''): Statement {
  return statement(
    `UPDATE study SET discardAskedBy = NULL WHERE studyInstanceUid = ? ${where}`,
    study,
  );
}

/** Lists that name what is rejected are no longer the newest: the center must not wait for it. */
function rejected({ study, instances }: FactOf<'rejected'>): readonly Statement[] {
  return instances.flatMap(([uid, digest]) => [
    statement(
      `UPDATE instance SET listedIn = NULL WHERE studyInstanceUid = ? AND EXISTS
         (SELECT 1 FROM instance AS gone WHERE gone.sopInstanceUid = ? AND gone.datasetSha256 = ?
          AND gone.listedIn IS NOT NULL)`,
      study,
      uid,
      digest,
    ),
    statement(
      `UPDATE instance SET state = 'rejected' WHERE sopInstanceUid = ? AND datasetSha256 = ?
       AND state NOT IN ('delivered', 'purged', 'discarded')`,
      uid,
      digest,
    ),
  ]);
}

/** Bytes of a discarded instance that came again are one that was never sent. */
function unsent(uid: string, digest: string): readonly Statement[] {
  return [
    statement(
      'DELETE FROM pack_instance WHERE sopInstanceUid = ? AND datasetSha256 = ?',
      uid,
      digest,
    ),
    statement(
      'UPDATE instance SET listedIn = NULL WHERE sopInstanceUid = ? AND datasetSha256 = ?',
      uid,
      digest,
    ),
    ...restored(uid, digest),
  ];
}

/** As if it came now: behind another object of its UID it is held and compared again. */
function restored(uid: string, digest: string): readonly Statement[] {
  return [
    statement(
      `UPDATE instance SET isCompared = 0, listedIn = NULL, state = CASE
         WHEN EXISTS (SELECT 1 FROM instance AS other WHERE other.sopInstanceUid = instance.sopInstanceUid
           AND other.datasetSha256 <> instance.datasetSha256 AND other.state NOT IN ${asideStates})
         THEN 'conflict' WHEN badAtMs IS NOT NULL THEN 'damaged' ELSE 'stored' END
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND state IN ('rejected', 'aside')`,
      uid,
      digest,
    ),
    // What was not called back is on its way.
    statement(`${packedSql} AND state = 'stored'`, uid, digest),
  ];
}

/** Reports stay, and with them the study that they are about. */
function forgotten(study: string): readonly Statement[] {
  const gone = `studyInstanceUid = ? AND state IN ${goneStates}`;
  const ofGone = `(sopInstanceUid, datasetSha256) IN
    (SELECT sopInstanceUid, datasetSha256 FROM instance WHERE ${gone})`;
  return [
    statement(`DELETE FROM pack_instance WHERE ${ofGone}`, study),
    statement(`DELETE FROM manifest_instance WHERE ${ofGone}`, study),
    statement(`DELETE FROM instance WHERE ${gone}`, study),
    statement(
      `DELETE FROM series WHERE studyInstanceUid = ? AND NOT EXISTS
         (SELECT 1 FROM instance WHERE instance.studyInstanceUid = series.studyInstanceUid)`,
      study,
    ),
    statement(
      `DELETE FROM study WHERE studyInstanceUid = ?
       AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = study.studyInstanceUid)
       AND NOT EXISTS (SELECT 1 FROM report WHERE report.studyInstanceUid = study.studyInstanceUid)`,
      study,
    ),
  ];
}
