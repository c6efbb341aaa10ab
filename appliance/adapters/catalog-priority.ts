import type { Database, Row, Statement } from '#sync/core/database.ts';
import type { PriorityCatalog, PriorityCause } from '../ports-priority.ts';
import type { StudyHeader } from '../ports-studies.ts';
import type { BoxFact } from '../store/facts.ts';
import type { OrderPriority } from '../store/facts-orders.ts';
import { type StudyPriority, studyPriorities } from '../store/facts-priority.ts';
import { numberOrNull, rowsOf, statement, textOf, textOrNull } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

const orderPrioritySql = `(SELECT body ->> 'priority' FROM orders WHERE orderId =
  (SELECT orderId FROM study_order WHERE study_order.studyInstanceUid = study.studyInstanceUid))`;

const orderClassSql = `(SELECT CASE body ->> 'priority' WHEN 'STAT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'LOW' THEN 3
  ELSE 2 END FROM orders WHERE orderId =
  (SELECT orderId FROM study_order WHERE study_order.studyInstanceUid = study.studyInstanceUid))`;

const said = (column: 'byPerson' | 'byRule' | 'person' | 'rule'): string =>
  `(SELECT ${column} FROM priority WHERE priority.studyInstanceUid = study.studyInstanceUid)`;

// From a medium and never from a device of the clinic: the past of a patient, behind what is done today.
const usualSql = `iif(isFromDevice = 0 AND EXISTS (SELECT 1 FROM outside
  WHERE outside.studyInstanceUid = study.studyInstanceUid), 3, 2)`;

/**
 * The sending class of `study` (order design): a person's word; else the more urgent of what a rule and the order say;
 * else routine, and bulk for what came from a medium.
 */
export const priorityClassSql = `coalesce(${said('byPerson')}, iif(study.isStat, 0, NULL),
  nullif(min(coalesce(${said('byRule')}, 9),
    coalesce(${orderClassSql}, 9)), 9), ${usualSql})`;

/** The columns that `priorityOf` reads. */
export const priorityColumnsSql = `${priorityClassSql} AS priorityClass, ${said('byPerson')} AS byPerson,
  ${said('person')} AS person, ${said('byRule')} AS byRule, ${said('rule')} AS rule`;

/** The sending class in a column. */
export function classOf(value: number): 0 | 1 | 2 | 3 {
  return value === 0 || value === 1 || value === 3 ? value : 2;
}

/** How soon the study of a row travels, and who says so. */
export function priorityOf(row: Row, order: OrderPriority | undefined): StudyHeader['priority'] {
  const at = numberOrNull(row['priorityClass']) ?? 2;
  return { level: priorityAt(at), cause: causeOf(row, at, order) };
}

function causeOf(row: Row, at: number, order: OrderPriority | undefined): PriorityCause | null {
  if (numberOrNull(row['byPerson']) !== null)
    return { kind: 'person', name: textOf(row['person']) };
  if (numberOrNull(row['byRule']) === at) return { kind: 'rule', name: textOf(row['rule']) };
  const isByOrder = order !== undefined && classOfOrder[order] === at && order !== 'ROUTINE';
  return isByOrder ? { kind: 'order', name: order } : null;
}

const classOfOrder: Readonly<Record<OrderPriority, number>> = {
  ...{ STAT: 0, HIGH: 1, ROUTINE: 2, MEDIUM: 2, LOW: 3 },
};

export function priorityStatements(
  fact: FactOf<'priority' | 'rule-priority'>,
): readonly Statement[] {
  const { study, priority } = fact;
  const at = priority === null ? null : studyPriorities.indexOf(priority);
  return fact.fact === 'priority'
    ? [
        statement(
          `INSERT INTO priority (studyInstanceUid, byPerson, person) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET byPerson = excluded.byPerson, person = excluded.person`,
          study,
          at,
          fact.by,
        ),
      ]
    : [
        statement(
          `INSERT INTO priority (studyInstanceUid, byRule, rule) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET byRule = excluded.byRule, rule = excluded.rule
           WHERE byRule IS NULL OR excluded.byRule < byRule`,
          study,
          at,
          fact.rule,
        ),
      ];
}

/** What the rules of priority ask of the catalog. */
export function createPriorityCatalog(database: Database): PriorityCatalog {
  return {
    ruleGrounds: async (studies) => {
      const rows = await rowsOf(
        database,
        `SELECT studyInstanceUid, callingAeTitle, ${orderPrioritySql} AS orderPriority,
           ${said('byRule')} AS byRule, (SELECT json_group_array(DISTINCT modality) FROM series
             WHERE series.studyInstanceUid = study.studyInstanceUid) AS modalities
         FROM study WHERE studyInstanceUid IN (SELECT value FROM json_each(?))`,
        JSON.stringify(studies),
      );
      return rows.map((row) => {
        const at = numberOrNull(row['byRule']);
        return {
          study: textOf(row['studyInstanceUid']),
          callingAeTitle: textOf(row['callingAeTitle']),
          modalities: JSON.parse(textOf(row['modalities'])) as readonly string[],
          orderPriority: (textOrNull(row['orderPriority']) ?? undefined) as
            | OrderPriority
            | undefined,
          byRule: at === null ? undefined : priorityAt(at),
        };
      });
    },
  };
}

function priorityAt(at: number): StudyPriority {
  return studyPriorities[at] ?? 'routine';
}
