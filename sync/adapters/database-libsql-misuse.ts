import type { DatabaseFault, Statement } from '../core/database.ts';
import { databaseFault } from './database-libsql-fault.ts';

/** Statements that would break the group or the connection that all callers share. */
const reserved = /^\s*(begin|commit|end|rollback|savepoint|release|attach|detach|pragma|vacuum)\b/i;

/** Quoted text, quoted names and comments: places where a `?` is not a placeholder. */
const quoted = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * The fault of statements that the shared connection must not run, or that lack an argument (the binding would
 * quietly store NULL); undefined when they may go.
 */
export function misuseOf(statements: readonly Statement[]): DatabaseFault | undefined {
  for (const { sql, args = [] } of statements) {
    if (reserved.test(sql)) {
      return databaseFault(
        'database/refused',
        `Cannot run "${sql.trim().split(/\s/, 1)[0]}": transactions and settings belong to the driver`,
      );
    }
    const places = sql.replace(quoted, '').split('?').length - 1;
    if (places !== args.length) {
      return databaseFault(
        'database/refused',
        `Cannot bind ${args.length} arguments to the ${places} placeholders of a statement`,
      );
    }
  }
  return undefined;
}
