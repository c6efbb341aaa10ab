import { callerListSchema, type ShownCaller } from '#appliance/api/contract-callers.ts';
import { echoAnswerSchema } from '#appliance/api/contract-modalities.ts';
import {
  type Ask,
  type AskFault,
  askingOptions,
  misused,
  runAsking,
  type Told,
  understood,
} from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const usage = `outpost modality list [--json]
outpost modality accept AE_TITLE --by NAME [--address ADDRESS]
outpost modality refuse AE_TITLE --by NAME [--address ADDRESS]
outpost modality test NAME

Shows the devices that called this box, and lets one in or keeps it out. What a person decides is kept with the name
and the time, and holds for that AE title at that address. The test asks a destination or device of the config by
C-ECHO and says what is wrong. After a device was accepted run "setup.sh run" again: only then the firewall of the
box lets answers of storage commitment out to it.

  --by NAME          who decides
  --address ADDRESS  needed when the device called from several addresses, or did not call yet
  --socket PATH      the box's program answers here (default: /run/outpost/appliance.sock)
  --json             print the list as one JSON object

Exit codes: 0 done, 1 the box says no, 64 usage, 69 the box's program does not answer.
`;

const options = {
  ...askingOptions,
  by: { type: 'string' },
  address: { type: 'string' },
} as const;

/** The `outpost modality` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('modality', {
    ...{ args: [...args], options, allowPositionals: true },
  });
  return runAsking(usage, line, async ({ values, positionals }, ask) => {
    const [verb, title, ...more] = positionals;
    if (verb === 'list' && title === undefined) return list(ask);
    if (title !== undefined && more.length === 0) {
      if (verb === 'test') return echo(ask, title);
      if (verb === 'accept' || verb === 'refuse') {
        return decide(ask, verb, title, values.by, values.address);
      }
    }
    const message = 'Cannot tell what is to be done with devices';
    return fail(misused(message, 'Run outpost modality --help'));
  });
}

async function list(ask: Ask): Promise<Result<Told, AskFault>> {
  const answer = understood(await ask('/v1/callers'), callerListSchema);
  if (!answer.ok) return answer;
  const { callers } = answer.value;
  return ok({ text: textOf(callers), value: { callers } });
}

async function echo(ask: Ask, name: string): Promise<Result<Told, AskFault>> {
  const answer = understood(await ask('/v1/modalities/test', { name }, 30_000), echoAnswerSchema);
  if (!answer.ok) return answer;
  const { isWell } = answer.value;
  const [message, next] = [sanitize(answer.value.message), sanitize(answer.value.next)];
  if (isWell) return ok({ text: `${message}.\n`, value: answer.value });
  return fail({ ...fault('modality/test', message, next), answer: answer.value });
}

async function decide(
  ask: Ask,
  verb: 'accept' | 'refuse',
  aeTitle: string,
  by: string | undefined,
  address: string | undefined,
): Promise<Result<Told, AskFault>> {
  if (by === undefined) {
    const message = `Cannot ${verb} "${aeTitle}": nobody is named who decides`;
    return fail(misused(message, 'Add --by "NAME"'));
  }
  const known = understood(await ask('/v1/callers'), callerListSchema);
  if (!known.ok) return known;
  const seen = new Set(
    known.value.callers
      .filter((caller) => caller.aeTitle === aeTitle)
      .map((caller) => caller.address),
  );
  const where = address ?? (seen.size === 1 ? [...seen][0] : undefined);
  if (where === undefined) {
    const message =
      seen.size === 0
        ? `Cannot ${verb} "${aeTitle}": no device with this title has called`
        : `Cannot ${verb} "${aeTitle}": it called from ${[...seen].join(' and ')}`;
    return fail(misused(message, 'Add --address ADDRESS'));
  }
  const verdict = verb === 'accept' ? 'accepted' : 'refused';
  const answer = await ask('/v1/callers', { aeTitle, address: where, verdict, by });
  if (!answer.ok) return answer;
  const text = `"${aeTitle}" at ${where} is ${verdict}.\n${later[verb]}`;
  return ok({ text, value: answer.value });
}

/** The firewall of the box does not change by itself. */
const later = {
  accept:
    'It may send from now on. Where setup made this box, run "setup.sh run" again: until then the firewall lets no\n' +
    'answer of storage commitment out to it.\n',
  refuse: '',
} as const;

/** One line a device, what waits for a decision first. */
function textOf(callers: readonly ShownCaller[]): string {
  if (callers.length === 0) return 'No device has called yet.\n';
  const lines = callers.map((caller) => {
    const by = caller.decidedBy === null ? '' : `  by ${sanitize(caller.decidedBy)}`;
    const at = `last ${sanitize(caller.lastAt.slice(0, 16).replace('T', ' '))} UTC`;
    const glyph = caller.standing === 'known' ? '  ' : '!!';
    const title = sanitize(caller.aeTitle).padEnd(16);
    const address = sanitize(caller.address).padEnd(15);
    return `${glyph} ${title}  ${address}  ${caller.standing.padEnd(11)}  ${at}${by}`;
  });
  return `${lines.join('\n')}\n`;
}
