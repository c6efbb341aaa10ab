import { importsSchema } from '#appliance/api/contract-media.ts';
import { importsText } from '#appliance/media/unassigned-text.ts';
import { askingOptions, runAsking, understood } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import { ok } from '#sync/core/result.ts';

const usage = `outpost import [--json] [--socket PATH]

Shows what the import folder took since the start of the appliance, and what was set aside with the reasons.

Exit codes: 0 nothing is set aside, 1 something is, 64 usage, 69 the appliance does not answer.
`;

/** The `outpost import` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('import', { args: [...args], options: askingOptions });
  return runAsking(usage, line, async (_line, ask) => {
    const imports = understood(await ask('/v1/imports'), importsSchema);
    if (!imports.ok) return imports;
    const exit = imports.value.rejected.count > 0 ? exitCode.no : exitCode.ok;
    return ok({ text: importsText(imports.value), value: imports.value, exit });
  });
}
