import type { Statement, Value } from '#sync/core/database.ts';
import type { BoxFact, ReportFact, SealedFact } from '../store/facts.ts';
import { addresseeTold } from './catalog-centers.ts';
import { orderTold } from './catalog-facts-orders.ts';
import { isAfterOfferSql, offerAnswered } from './catalog-ledger.ts';
import { packedSql, statement } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

// What was under way to one center while a person addressed its study to another is dropped as it comes.
const packSql = `INSERT OR IGNORE INTO pack
  (packId, ordinal, kind, center, studyInstanceUid, class, groupId, sizeBytes, state, sealedAtMs,
   manifestVersion, hasList, answers, kid, isAgain)
  SELECT ?, (SELECT coalesce(max(ordinal), 0) + 1 FROM pack), ?, ?, ?, ?, ?, ?,
    iif(EXISTS (SELECT 1 FROM address WHERE studyInstanceUid = ? AND center <> ?), 'dropped', 'sealed'), ?, ?, ?, ?, ?, ?`;

const pieceSql = `INSERT OR IGNORE INTO pack_instance
  (packId, sopInstanceUid, datasetSha256, fromByte, toByte) VALUES (?, ?, ?, ?, ?)`;

const listedSql = `INSERT OR IGNORE INTO manifest_instance (packId, sopInstanceUid, datasetSha256)
  VALUES (?, ?, ?)`;

// Only a pack that was not dropped counts, whichever fact is applied again.
const listedInSql = `UPDATE instance SET listedIn = packId FROM
  (SELECT packId FROM pack WHERE packId = ? AND state <> 'dropped')
  WHERE sopInstanceUid = ? AND datasetSha256 = ?`;

export function sealed(fact: SealedFact): readonly Statement[] {
  const pack: readonly Value[] = [
    fact.packId,
    fact.kind,
    fact.center,
    fact.study,
    fact.class,
    fact.group,
    fact.sizeBytes,
    fact.study,
    fact.center,
    fact.atMs,
    fact.manifest?.version ?? null,
    fact.manifest?.list ? 1 : 0,
    fact.answers ?? null,
    fact.kid ?? null,
    fact.manifest?.again ? 1 : 0,
  ];
  return [
    statement(packSql, ...pack),
    ...(fact.pieces ?? []).flatMap(([uid, digest, from, to]) => [
      statement(pieceSql, fact.packId, uid, digest, from, to),
      statement(packedSql, uid, digest),
    ]),
    ...(fact.manifest?.list ?? []).flatMap(([uid, digest]) => [
      statement(listedSql, fact.packId, uid, digest),
      statement(listedInSql, fact.packId, uid, digest),
    ]),
    ...(fact.manifest?.order ? [orderTold(...fact.manifest.order)] : []),
    ...(fact.addressee ? [addresseeTold(fact.packId, fact.center, fact.addressee)] : []),
  ];
}

export function opened(
  packId: string,
  { signer, uid }: { signer: string; uid: string },
): Statement {
  const sql = 'INSERT OR IGNORE INTO opened (packId, signer, uid) VALUES (?, ?, ?)';
  return statement(sql, packId, signer, uid);
}

export function dropped({ packId }: FactOf<'dropped'>): readonly Statement[] {
  return [
    statement(
      "UPDATE pack SET state = 'dropped' WHERE packId = ? AND state IN ('sealed', 'custody')",
      packId,
    ),
    statement('DELETE FROM addressee_told WHERE packId = ?', packId),
    statement(
      `UPDATE instance SET listedIn = NULL
       WHERE (sopInstanceUid, datasetSha256) IN
         (SELECT sopInstanceUid, datasetSha256 FROM manifest_instance JOIN pack USING (packId)
          WHERE packId = ? AND pack.state = 'dropped')
       AND listedIn = ?`,
      packId,
      packId,
    ),
    statement(
      `UPDATE instance SET state = 'stored' WHERE state = 'packed'
       AND (sopInstanceUid, datasetSha256) IN
         (SELECT sopInstanceUid, datasetSha256 FROM pack_instance JOIN pack USING (packId)
          WHERE packId = ? AND pack.state = 'dropped' AND isLost = 0)`,
      packId,
    ),
  ];
}

export function delivered(fact: FactOf<'delivered'>): readonly Statement[] {
  const isListed = `EXISTS (SELECT 1 FROM manifest_instance AS listed WHERE listed.packId = ?
    AND listed.sopInstanceUid = instance.sopInstanceUid AND listed.datasetSha256 = instance.datasetSha256 AND ${isAfterOfferSql})`;
  const counted = fact.instances.flatMap(([original, , destination]) => [
    // The center has it: what is rotten here needs no resend any more.
    statement(
      `UPDATE instance SET deliveredAtMs = ?, destination = ?,
       badAtMs = iif(state = 'damaged', ?, badAtMs), state = 'delivered'
       WHERE studyInstanceUid = ? AND datasetSha256 = ?
       AND state IN ('stored', 'packed', 'conflict', 'damaged') AND ${isListed}`,
      fact.atMs,
      destination,
      fact.atMs,
      fact.study,
      original,
      fact.manifest,
    ),
    statement(
      `UPDATE instance SET receiptPackId = ? WHERE studyInstanceUid = ? AND datasetSha256 = ?
       AND state = 'delivered' AND receiptPackId IS NULL AND ${isListed}`,
      fact.packId,
      fact.study,
      original,
      fact.manifest,
    ),
  ]);
  return [...counted, offerAnswered(fact.study)];
}

export function report(fact: ReportFact): Statement {
  return statement(
    `INSERT INTO report
     (packId, report, version, studyInstanceUid, center, status, manifest, authorName, authorRegisterNo,
      signedOffAt, receivedAtMs, documents, digest, supersedes, refusalKind, refusal, patient, critical)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET refusalKind = excluded.refusalKind, refusal = excluded.refusal`,
    fact.packId,
    fact.report,
    fact.version,
    fact.study,
    fact.center,
    fact.status,
    fact.manifest,
    fact.author.name,
    fact.author.registerNo,
    fact.signedOffAt,
    fact.atMs,
    JSON.stringify(fact.documents),
    fact.digest,
    fact.supersedes,
    fact.refusal?.kind ?? null,
    fact.refusal?.message ?? null,
    fact.patient ? JSON.stringify(fact.patient) : null,
    fact.critical ? JSON.stringify(fact.critical) : null,
  );
}
