import type { Statement } from '#sync/core/database.ts';
import type { BoxFact } from '../store/facts.ts';
import { statement } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

// The order is due until its study is here. An older revision that is applied again changes nothing.
const orderSql = `WITH given AS (SELECT ? AS orderId, ? AS revision, ? AS source, ? AS orderNumber,
    ? AS studyInstanceUid, ? AS accessionNumber, ? AS patientId, ? AS isStat, ? AS isRefused, ? AS isEmergency,
    ? AS placedAtMs, ? AS body)
  INSERT INTO orders (orderId, revision, source, orderNumber, studyInstanceUid, accessionNumber, patientId,
    isStat, isRefused, isEmergency, placedAtMs, body, isWaiting)
  SELECT given.*, NOT EXISTS (SELECT 1 FROM study WHERE study.studyInstanceUid = given.studyInstanceUid)
    AND NOT EXISTS (SELECT 1 FROM study WHERE study.accessionNumber = given.accessionNumber
      AND study.patientId = given.patientId)
    AND NOT EXISTS (SELECT 1 FROM order_binding WHERE order_binding.orderId = given.orderId)
  FROM given WHERE true
  ON CONFLICT DO UPDATE SET revision = excluded.revision, patientId = excluded.patientId,
    isStat = excluded.isStat, isRefused = excluded.isRefused, body = excluded.body,
    isWaiting = excluded.isWaiting AND isCancelled = 0
  WHERE excluded.revision > revision`;

export function order({ order, atMs }: FactOf<'order'>): readonly Statement[] {
  return [
    statement(
      orderSql,
      order.orderId,
      order.revision,
      order.source,
      order.orderNumber,
      order.studyInstanceUid,
      order.accessionNumber,
      order.patientId,
      order.priority === 'STAT' ? 1 : 0,
      order.consent === 'refused' ? 1 : 0,
      order.isEmergency ? 1 : 0,
      atMs,
      JSON.stringify(order),
    ),
  ];
}

export function orderCancelled({ orderId }: FactOf<'order-cancelled'>): readonly Statement[] {
  return [statement('UPDATE orders SET isCancelled = 1, isWaiting = 0 WHERE orderId = ?', orderId)];
}

export function orderBound({ study, orderId }: FactOf<'order-bound'>): readonly Statement[] {
  return [
    statement(
      `INSERT INTO order_binding (studyInstanceUid, orderId) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET orderId = excluded.orderId`,
      study,
      orderId,
    ),
    statement('UPDATE orders SET isWaiting = 0 WHERE orderId = ?', orderId),
  ];
}

/** The center knows the order as it was in this manifest. */
export function orderTold(orderId: string, revision: number): Statement {
  return statement(
    'UPDATE orders SET toldRevision = max(toldRevision, ?) WHERE orderId = ?',
    revision,
    orderId,
  );
}

export function procedureStep({ step }: FactOf<'procedure-step'>): readonly Statement[] {
  const { sopInstanceUid, status, studyInstanceUids, instances } = step;
  const each = '(SELECT value FROM json_each(?))';
  return [
    statement(
      `INSERT INTO procedure_step (sopInstanceUid, status, body) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET status = excluded.status, body = excluded.body`,
      sopInstanceUid,
      status,
      JSON.stringify(step),
    ),
    statement('DELETE FROM procedure_step_study WHERE stepSopInstanceUid = ?', sopInstanceUid),
    statement('DELETE FROM procedure_step_instance WHERE stepSopInstanceUid = ?', sopInstanceUid),
    statement(
      `INSERT OR IGNORE INTO procedure_step_study (studyInstanceUid, stepSopInstanceUid)
       SELECT value, ? FROM ${each}`,
      sopInstanceUid,
      JSON.stringify(studyInstanceUids),
    ),
    statement(
      `INSERT OR IGNORE INTO procedure_step_instance (stepSopInstanceUid, sopInstanceUid)
       SELECT ?, value FROM ${each}`,
      sopInstanceUid,
      JSON.stringify(instances),
    ),
  ];
}
