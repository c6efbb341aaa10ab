import type { Statement } from '#sync/core/database.ts';
import type { BoxFact } from '../store/facts.ts';
import { placeColumns, statement } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

export function held({
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
export function compared(fact: FactOf<'compared'>): readonly Statement[] {
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

export function damaged(fact: FactOf<'damaged'>): readonly Statement[] {
  const { sopInstanceUid: uid, datasetSha256: digest, segment, recordOffset } = fact;
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
       (${placeColumns}) = (SELECT ${placeColumns} FROM copy WHERE ${sameBytes} LIMIT 1)
       WHERE sopInstanceUid = ? AND datasetSha256 = ? AND (state = 'damaged' OR badAtMs IS NOT NULL)
       AND EXISTS (SELECT 1 FROM copy WHERE ${sameBytes})`,
      uid,
      digest,
    ),
  ];
}
