import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { statement, statementPath } from './statement.ts';

/** Writes the marked places of `appliance/CONFORMANCE.md` anew: `npm run conformance`. */
const { written, right } = statement();
if (written !== right) writeFileSync(statementPath, right);
process.stdout.write(
  written === right
    ? 'The statement says what the code does.\n'
    : 'The statement was written anew.\n',
);
