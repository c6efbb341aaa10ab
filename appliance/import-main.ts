import process from 'node:process';
import { askUnix } from '#sync/adapters/http-unix-client.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import { importsSchema } from './api/contract-media.ts';
import { askBox } from './media/ask-box.ts';
import { importsText } from './media/unassigned-text.ts';

const usage = `outpost import [--json] [--socket PATH]

Shows what the import folder took since the start of the appliance, and what was set aside with the reasons.

Exit codes: 0 nothing is set aside, 1 something is, 64 usage, 69 the appliance does not answer.
`;

/** The `outpost import` command. */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('import', {
    args: [...args],
    options: {
      socket: { type: 'string', default: '/run/outpost/appliance.sock' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) {
    process.stderr.write(`${line.fault.message}. ${line.fault.next}.\n`);
    return exitCode.usage;
  }
  const { socket, json, help } = line.value.values;
  if (help) {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  const answer = await askBox(askUnix, socket, '/v1/imports');
  if (!answer.ok) {
    process.stderr.write(`${answer.fault.message}. ${answer.fault.next}.\n`);
    return answer.fault.kind === 'api/no-answer' ? exitCode.unavailable : exitCode.no;
  }
  const imports = importsSchema.parse(answer.value);
  process.stdout.write(json ? `${JSON.stringify(imports)}\n` : importsText(imports));
  return imports.rejected.count > 0 ? exitCode.no : exitCode.ok;
}
