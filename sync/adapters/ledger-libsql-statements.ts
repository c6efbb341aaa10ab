import { isDelivered } from '../center/instances.ts';
import type {
  InstanceFacts,
  LedgerEntry,
  ManifestRow,
  OutgoingRow,
  ReportRow,
} from '../center/rows.ts';
import { instanceStates } from '../center/rows.ts';
import type { Statement } from '../core/database.ts';

const deliveredStates = instanceStates.filter(isDelivered);

/** Studies that a person at their box sent to another center. */
export const withdrawnSql = `SELECT a.study FROM addressee a JOIN study own ON own.study = a.study
  AND own.site = a.site WHERE a.is_ours = 0`;

/** Manifests `m` of the highest version with a list that no receipt of ours answers, of studies that are for us. */
export const unansweredSql = `SELECT m.* FROM manifest m WHERE m.is_open = 1 AND m.version =
    (SELECT max(version) FROM manifest x WHERE x.study = m.study AND x.has_list = 1)
  AND m.study NOT IN (${withdrawnSql})`;

/** Whether `isFulfilled` (center, manifests) holds for the list of `m`. */
export const fulfilledSql = `EXISTS (SELECT 1 FROM manifest_instance l WHERE l.pack_id = m.pack_id)
  AND NOT EXISTS (SELECT 1 FROM manifest_instance l
    LEFT JOIN instance i USING (sop_instance_uid, dataset_sha256)
    WHERE l.pack_id = m.pack_id AND coalesce(i.state, '') NOT IN (${quoted(deliveredStates)}))`;

/** Of the studies in a JSON array those of which something is missing. */
export const incompleteSql = `SELECT u.value AS uid, s.* FROM json_each(?) u
  LEFT JOIN study s ON s.study = u.value
  WHERE NOT EXISTS (SELECT 1 FROM manifest m
    WHERE m.study = u.value AND m.has_list = 1 AND m.is_open = 0 AND m.version =
      (SELECT max(version) FROM manifest x WHERE x.study = u.value AND x.has_list = 1))`;

/** The condition is that of the index to the letter; by itself the planner would read the whole table, for its order. */
export const outgoingSql = `SELECT * FROM outgoing INDEXED BY outgoing_work
  WHERE kind <> 'receipt' OR state = 'sealed' ORDER BY rowid`;

/** The statements that record one pack; what is known is left as it is, so they may run twice. */
export function entryStatements(entry: LedgerEntry): readonly Statement[] {
  const { pack, study, instances, manifest, list = [] } = entry;
  const statements: Statement[] = [
    {
      sql: 'INSERT OR IGNORE INTO pack VALUES (?, ?, ?, ?, ?, ?, ?)',
      args: [
        pack.packId,
        pack.kind,
        pack.signer,
        pack.uid,
        pack.stream,
        pack.sequence,
        pack.takenAt,
      ],
    },
  ];
  if (study !== undefined) {
    statements.push({
      sql: `INSERT INTO study (study, box, site, group_id, first_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (study) DO UPDATE SET box = excluded.box, site = excluded.site`,
      args: [study.studyInstanceUid, study.box, study.site, study.group, study.firstAt],
    });
  }
  if (entry.addressee !== undefined) {
    const { studyInstanceUid, site, box, version, isOurs } = entry.addressee;
    statements.push({
      sql: `INSERT INTO addressee VALUES (?, ?, ?, ?, ?) ON CONFLICT (study, site) DO UPDATE SET
              box = excluded.box, version = excluded.version, is_ours = excluded.is_ours
            WHERE box <> excluded.box OR version < excluded.version`,
      args: [studyInstanceUid, site, box, version, Number(isOurs)],
    });
  }
  statements.push(...instances.map(putInstance));
  if (manifest !== undefined) {
    statements.push(...putManifest(manifest));
    const pairs = list.map(({ sopInstanceUid, datasetSha256 }) => [sopInstanceUid, datasetSha256]);
    statements.push({
      sql: `INSERT OR IGNORE INTO manifest_instance
            SELECT ?, value ->> 0, value ->> 1 FROM json_each(?)`,
      args: [manifest.packId, JSON.stringify(pairs)],
    });
  }
  return statements;
}

function putInstance(instance: InstanceFacts): Statement {
  return {
    sql: `INSERT OR IGNORE INTO instance (sop_instance_uid, dataset_sha256, study, series,
            sop_class_uid, transfer_syntax_uid, size_bytes, instance_number,
            entered_as, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    args: [
      instance.sopInstanceUid,
      instance.datasetSha256,
      instance.studyInstanceUid,
      instance.seriesInstanceUid,
      instance.sopClassUid,
      instance.transferSyntaxUid,
      instance.sizeBytes,
      instance.instanceNumber,
      instance.enteredAs,
      instance.enteredAs,
    ],
  };
}

function putManifest(manifest: ManifestRow): readonly Statement[] {
  const { packId, studyInstanceUid, version, isStat, patient, hasList } = manifest;
  return [
    {
      sql: 'INSERT OR IGNORE INTO manifest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      args: [
        packId,
        studyInstanceUid,
        version,
        Number(isStat),
        manifest.accessionNumber,
        manifest.modality,
        manifest.instanceCount,
        patient.id,
        patient.birth,
        patient.sex,
        Number(hasList),
        Number(hasList),
      ],
    },
    {
      // The priority of a study is a register: its newest version holds.
      sql: `UPDATE study SET is_stat = (SELECT is_stat FROM manifest WHERE study = ?
              ORDER BY version DESC, rowid DESC LIMIT 1) WHERE study = ?`,
      args: [studyInstanceUid, studyInstanceUid],
    },
  ];
}

/** Keeps a pack of ours; a receipt closes the manifest it answers. */
export function putOutgoing(row: OutgoingRow): readonly Statement[] {
  const statements: Statement[] = [
    {
      sql: 'INSERT OR REPLACE INTO outgoing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      args: [
        row.packId,
        row.kind,
        row.subject,
        row.studyInstanceUid,
        row.class,
        row.group,
        row.sizeBytes,
        row.state,
        row.sealedAt,
      ],
    },
  ];
  if (row.kind === 'receipt') {
    statements.push({
      sql: 'UPDATE manifest SET is_open = 0 WHERE pack_id = ?',
      args: [row.subject],
    });
  }
  return statements;
}

export function putReport(row: ReportRow): Statement {
  return {
    sql: `INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (report_id, version) DO UPDATE SET
            pack_id = excluded.pack_id, state = excluded.state`,
    args: [
      row.reportId,
      row.version,
      row.studyInstanceUid,
      row.registerNo,
      row.status,
      Number(row.isCritical),
      row.sourceSha256,
      row.documentSha256,
      row.packId,
      row.state,
    ],
  };
}

/** Words of ours as a list of SQL literals. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}
