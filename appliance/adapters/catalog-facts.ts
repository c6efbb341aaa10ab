import type { Statement, Value } from '#sync/core/database.ts';
import type { FactPosition } from '../ports-facts.ts';
import type { BoxFact, ReportFact, SealedFact } from '../store/facts.ts';
import { callerDecisionStatement } from './catalog-callers.ts';
import { addressed, addresseeTold } from './catalog-centers.ts';
import { commitmentStatement } from './catalog-commitment.ts';
import { housekeepingStatements } from './catalog-facts-housekeeping.ts';
import {
  order,
  orderBound,
  orderCancelled,
  orderTold,
  procedureStep,
} from './catalog-facts-orders.ts';
import { assigned, outside, released } from './catalog-identity.ts';
import { isAfterOfferSql, ledgerChanged, offerAnswered } from './catalog-ledger.ts';
import { outboundStatements } from './catalog-outbound.ts';
import { priorityStatements } from './catalog-priority.ts';
import { resendSaid, resent } from './catalog-resend.ts';
import { packedSql, statement } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

/** The statements that bring one fact into the catalog. Applying a fact twice changes nothing the second time. */
export function factStatements(fact: BoxFact): readonly Statement[] {
  switch (fact.fact) {
    case 'sealed':
      return sealed(fact);
    case 'custody':
      return [
        statement(
          "UPDATE pack SET state = 'custody', custodyAtMs = ? WHERE packId = ? AND state = 'sealed'",
          fact.atMs,
          fact.packId,
        ),
      ];
    case 'dropped':
      return dropped(fact);
    case 'held':
      return held(fact);
    case 'compared':
      return compared(fact);
    case 'damaged':
      return damaged(fact);
    case 'opened':
      return [
        opened(fact.packId, fact),
        // It was refused for a signer whom a newer key list names.
        statement('DELETE FROM quarantine WHERE packId = ?', fact.packId),
      ];
    case 'delivered':
      return delivered(fact);
    case 'report':
      return [report(fact)];
    case 'register':
      return [
        statement(
          `INSERT INTO register (register, version, body) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body
           WHERE excluded.version > version`,
          fact.register,
          fact.version,
          fact.body,
        ),
      ];
    case 'caller':
      return [callerDecisionStatement(fact)];
    case 'commitment':
    case 'commitment-answered':
      return [commitmentStatement(fact)];
    case 'forward-from':
    case 'forwarded':
      return outboundStatements(fact);
    case 'outside':
      return outside(fact);
    case 'assigned':
      return assigned(fact);
    case 'released':
      return released(fact);
    case 'quarantined':
      return [
        ...(fact.opened ? [opened(fact.packId, fact.opened)] : []),
        statement(
          `INSERT INTO quarantine (packId, reason, atMs) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET reason = excluded.reason, atMs = excluded.atMs`,
          fact.packId,
          fact.reason,
          fact.atMs,
        ),
      ];
    case 'order':
      return order(fact);
    case 'order-cancelled':
      return orderCancelled(fact);
    case 'order-bound':
      return orderBound(fact);
    case 'priority':
    case 'rule-priority':
      return priorityStatements(fact);
    case 'resent':
      return resent(fact);
    case 'resend-said':
      return resendSaid(fact);
    case 'addressed':
      return addressed(fact);
    case 'ledger':
      return ledgerChanged(fact);
    case 'procedure-step':
      return procedureStep(fact);
    default:
      return housekeepingStatements(fact);
  }
}

/** Notes how far the log of facts is applied; in the same transaction as the facts themselves. */
export function positionStatement(position: FactPosition): Statement {
  return statement(
    "INSERT INTO meta (key, value) VALUES ('facts', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    JSON.stringify(position),
  );
}

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

function sealed(fact: SealedFact): readonly Statement[] {
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

function opened(packId: string, { signer, uid }: { signer: string; uid: string }): Statement {
  const sql = 'INSERT OR IGNORE INTO opened (packId, signer, uid) VALUES (?, ?, ?)';
  return statement(sql, packId, signer, uid);
}

function dropped({ packId }: FactOf<'dropped'>): readonly Statement[] {
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

function held({
  sopInstanceUid,
  kept,
  held,
}: Omit<FactOf<'held'>, 'fact' | 'atMs'>): readonly Statement[] {
  const change = `UPDATE instance SET state = ?
    WHERE sopInstanceUid = ? AND datasetSha256 = ? AND state = ?`;
  return [
    statement(change, 'stored', sopInstanceUid, kept, 'conflict'),
    statement(change, 'conflict', sopInstanceUid, held, 'stored'),
  ];
}

/** Says which of the two goes on, too: a rebuild may have met them the other way round. */
function compared(fact: FactOf<'compared'>): readonly Statement[] {
  return [
    ...held(fact),
    statement(
      `UPDATE instance SET state = ?, isCompared = 1
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND state = 'conflict'`,
      fact.kind,
      fact.sopInstanceUid,
      fact.held,
    ),
  ];
}

function damaged(fact: FactOf<'damaged'>): readonly Statement[] {
  const { sopInstanceUid: uid, datasetSha256: digest, segment, recordOffset } = fact;
  const places = 'segment, recordOffset, payloadOffset, payloadSizeBytes, fileHeaderSizeBytes';
  const sameBytes = `copy.sopInstanceUid = instance.sopInstanceUid
    AND copy.datasetSha256 = instance.datasetSha256`;
  return [
    statement('DELETE FROM copy WHERE segment = ? AND recordOffset = ?', segment, recordOffset),
    statement(
      `UPDATE instance SET state = 'damaged', listedIn = NULL
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND segment = ? AND recordOffset = ?
       AND state IN ('stored', 'packed')`,
      uid,
      digest,
      segment,
      recordOffset,
    ),
    // Nobody is asked to send again what need not travel: the bytes here are only not to be used.
    statement(
      `UPDATE instance SET badAtMs = ?
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND segment = ? AND recordOffset = ?
       AND badAtMs IS NULL AND state NOT IN ('stored', 'packed', 'damaged', 'purged', 'discarded')`,
      fact.atMs,
      uid,
      digest,
      segment,
      recordOffset,
    ),
    // A second copy of the same bytes takes its place.
    statement(
      `UPDATE instance SET state = iif(state = 'damaged', 'stored', state), badAtMs = NULL,
       (${places}) = (SELECT ${places} FROM copy WHERE ${sameBytes} LIMIT 1)
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND (state = 'damaged' OR badAtMs IS NOT NULL)
       AND EXISTS (SELECT 1 FROM copy WHERE ${sameBytes})`,
      uid,
      digest,
    ),
  ];
}

function delivered(fact: FactOf<'delivered'>): readonly Statement[] {
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

function report(fact: ReportFact): Statement {
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
