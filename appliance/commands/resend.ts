import { z } from 'zod';
import { askingOptions, misused, runAsking, understood } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { fail, ok } from '#sync/core/result.ts';

const usage = `outpost resend STUDY --by NAME --reason TEXT [--socket PATH] [--json]

At a center: asks the box of STUDY (its Study Instance UID) for what is not delivered of it. What came damaged is asked
for twice without a person; this asks once more. The box sends a study twice more by itself, within a tenth of its
monthly budget; beyond that somebody there runs: outpost study resend STUDY --by NAME --reason TEXT

  --socket PATH   the Unix socket of the center, default /run/outpost/center.sock
  --json          print the answer as JSON

Exit codes: 0 asked, 1 not asked and why, 64 usage, 69 the center does not answer.
`;

const options = {
  ...askingOptions,
  socket: { type: 'string', default: '/run/outpost/center.sock' },
  by: { type: 'string' },
  reason: { type: 'string' },
} as const;

/** The `outpost resend` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('resend', { args: [...args], allowPositionals: true, options });
  return runAsking(usage, line, async ({ values: { by, reason }, positionals }, ask) => {
    const [study, ...more] = positionals;
    if (study === undefined || more.length > 0 || !by || !reason) {
      const message = 'Cannot ask again: a study, --by NAME and --reason TEXT are needed';
      return fail(misused(message, 'Run outpost resend --help'));
    }
    const path = `/v1/studies/${encodeURIComponent(study)}/resend`;
    const asked = understood(await ask(path, { by, reason }), z.object({ did: z.string() }));
    if (!asked.ok) return asked;
    const text = 'Asked for: the letter leaves with the next connection to the box\n';
    return ok({ text, value: asked.value });
  });
}
