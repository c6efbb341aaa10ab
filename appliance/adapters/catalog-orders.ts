import type { Database, Row } from '#sync/core/database.ts';
import type { KnownOrder, OrderCatalog } from '../orders/ports.ts';
import type { Order, ProcedureStep } from '../store/facts-orders.ts';
import { numberOf, rowsOf, textOf } from './catalog-rows.ts';

/** How many instances that final steps of `study` name the box has not received. */
export const missingSql = `(SELECT count(DISTINCT made.sopInstanceUid) FROM procedure_step_study AS part
  JOIN procedure_step AS step ON step.sopInstanceUid = part.stepSopInstanceUid
  JOIN procedure_step_instance AS made USING (stepSopInstanceUid)
  WHERE part.studyInstanceUid = study.studyInstanceUid AND step.status <> 'IN PROGRESS'
  AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.sopInstanceUid = made.sopInstanceUid))`;

/** The order of `study` as JSON, or null. */
export const orderBodySql = `(SELECT body FROM orders WHERE orderId =
  (SELECT orderId FROM study_order WHERE study_order.studyInstanceUid = study.studyInstanceUid))`;

/** Whether an order keeps `study` on the box. */
export const isRefusedSql = `EXISTS (SELECT 1 FROM orders
  WHERE isRefused = 1 AND orderId = (SELECT orderId FROM study_order
    WHERE study_order.studyInstanceUid = study.studyInstanceUid))`;

/** Studies of orders that changed since the center was told, or that it was never told of. */
export const untoldSql = `SELECT study.studyInstanceUid FROM orders INDEXED BY orderToTell
  CROSS JOIN study ON study.studyInstanceUid = orders.studyInstanceUid
    OR study.accessionNumber = orders.accessionNumber
    OR study.studyInstanceUid IN (SELECT studyInstanceUid FROM order_binding AS bound
      WHERE bound.orderId = orders.orderId)
  WHERE orders.isWaiting = 0 AND orders.toldRevision < orders.revision AND orders.orderId =
    (SELECT orderId FROM study_order WHERE study_order.studyInstanceUid = study.studyInstanceUid)`;

export function createOrderCatalog(database: Database): OrderCatalog {
  const known = async (
    where: string,
    ...args: readonly (string | number)[]
  ): Promise<readonly KnownOrder[]> => {
    const rows = await rowsOf(
      database,
      `SELECT body, isWaiting, isCancelled FROM orders ${where}`,
      ...args,
    );
    return rows.map(knownOrder);
  };
  return {
    waitingOrders: async (limit) => {
      const orders = await known(
        `WHERE isWaiting = 1
         ORDER BY body ->> 'scheduledDate', body ->> 'scheduledTime', placedAtMs, orderId LIMIT ?`,
        limit,
      );
      return orders.map(({ order }) => order);
    },
    waitingCount: async () => {
      const sql = 'SELECT count(*) AS number FROM orders WHERE isWaiting = 1';
      return numberOf((await rowsOf(database, sql))[0]?.['number']);
    },
    orders: (limit) => known('ORDER BY placedAtMs DESC, orderId LIMIT ?', limit),
    ordersBy: (key, value) => known(`WHERE ${key} = ?`, value),
    orderOfNumber: async (source, orderNumber) =>
      (await known('WHERE source = ? AND orderNumber = ?', source, orderNumber))[0],
    procedureStep: async (sopInstanceUid) => {
      const sql = 'SELECT body FROM procedure_step WHERE sopInstanceUid = ?';
      const [row] = await rowsOf(database, sql, sopInstanceUid);
      return row && (JSON.parse(textOf(row['body'])) as ProcedureStep);
    },
    evidenceOf: async (study) => {
      const [row] = await rowsOf(
        database,
        `SELECT count(*) AS steps, count(*) FILTER (WHERE status <> 'IN PROGRESS') AS finalSteps,
           coalesce(sum((SELECT count(*) FROM procedure_step_instance AS made
             WHERE made.stepSopInstanceUid = step.sopInstanceUid)) FILTER (WHERE status <> 'IN PROGRESS'), 0) AS named,
           (SELECT ${missingSql} FROM (SELECT ? AS studyInstanceUid) AS study) AS missing
         FROM procedure_step_study AS part
         JOIN procedure_step AS step ON step.sopInstanceUid = part.stepSopInstanceUid
         WHERE part.studyInstanceUid = ?`,
        study,
        study,
      );
      const finalSteps = numberOf(row?.['finalSteps']);
      return {
        finalSteps,
        openSteps: numberOf(row?.['steps']) - finalSteps,
        named: numberOf(row?.['named']),
        missing: numberOf(row?.['missing']),
      };
    },
    hasStudy: async (study) => {
      const sql = 'SELECT 1 FROM study WHERE studyInstanceUid = ?';
      return (await rowsOf(database, sql, study)).length > 0;
    },
  };
}

/** The order in a column of JSON that `orderBodySql` filled. */
export function orderOf(row: Row): Order | undefined {
  const body = textOf(row['orderBody']);
  return body === '' ? undefined : (JSON.parse(body) as Order);
}

function knownOrder(row: Row): KnownOrder {
  return {
    order: JSON.parse(textOf(row['body'])) as Order,
    isWaiting: numberOf(row['isWaiting']) === 1,
    isCancelled: numberOf(row['isCancelled']) === 1,
  };
}
