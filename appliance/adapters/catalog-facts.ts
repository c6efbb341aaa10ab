import type { Statement } from '#sync/core/database.ts';
import type { FactPosition } from '../ports-facts.ts';
import type { BoxFact } from '../store/facts.ts';
import { callerDecisionStatement } from './catalog-callers.ts';
import { addressed } from './catalog-centers.ts';
import { commitmentStatement } from './catalog-commitment.ts';
import { housekeepingStatements } from './catalog-facts-housekeeping.ts';
import { delivered, dropped, opened, report, sealed } from './catalog-facts-letters.ts';
import { compared, damaged, held } from './catalog-facts-objects.ts';
import { order, orderBound, orderCancelled, procedureStep } from './catalog-facts-orders.ts';
import { assigned, outside, released } from './catalog-identity.ts';
import { ledgerChanged } from './catalog-ledger.ts';
import { outboundStatements } from './catalog-outbound.ts';
import { priorityStatements } from './catalog-priority.ts';
import { resendSaid, resent } from './catalog-resend.ts';
import { statement } from './catalog-rows.ts';

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
