import { askUnix, type UnixAnswer } from '#sync/adapters/http-unix-client.ts';
import { complain } from '#sync/adapters/program-start.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { apiFaultSchema } from './api/contract.ts';
import { callerListSchema, type ShownCaller } from './api/contract-callers.ts';
import { echoAnswerSchema } from './api/contract-modalities.ts';

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
  by: { type: 'string' },
  address: { type: 'string' },
  socket: { type: 'string', default: '/run/outpost/appliance.sock' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The `outpost modality` command. */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('modality', {
    ...{ args: [...args], options, allowPositionals: true },
  });
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  const [verb, title, ...more] = positionals;
  if (values.help) {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  try {
    if (verb === 'test' && title !== undefined && more.length === 0) {
      return await echo(values.socket, title);
    }
    if (verb === 'list' && title === undefined) return await list(values.socket, values.json);
    if ((verb === 'accept' || verb === 'refuse') && title !== undefined && more.length === 0) {
      return await decide(values.socket, verb, title, values.by, values.address);
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot ask the box's program at "${values.socket}": ${why}`;
    return complain({ message, next: 'Start it, or name its socket with --socket PATH' }, 69);
  }
  process.stderr.write(usage);
  return exitCode.usage;
}

async function list(socket: string, isJson: boolean): Promise<ExitCode> {
  const callers = await callersOf(socket);
  process.stdout.write(isJson ? `${JSON.stringify({ callers })}\n` : textOf(callers));
  return exitCode.ok;
}

async function echo(socket: string, name: string): Promise<ExitCode> {
  const answer = await askUnix(socket, '/v1/modalities/test', { name }, 30_000);
  const echoed = echoAnswerSchema.safeParse(answer.body);
  if (!echoed.success) return saidNo(answer);
  const { isWell, message, next } = echoed.data;
  if (!isWell) return complain({ message: sanitize(message), next: sanitize(next) }, exitCode.no);
  process.stdout.write(`${sanitize(message)}.\n`);
  return exitCode.ok;
}

async function decide(
  socket: string,
  verb: 'accept' | 'refuse',
  aeTitle: string,
  by: string | undefined,
  address: string | undefined,
): Promise<ExitCode> {
  if (by === undefined) {
    const message = `Cannot ${verb} "${aeTitle}": nobody is named who decides`;
    return complain({ message, next: 'Add --by "NAME"' }, exitCode.usage);
  }
  const seen = new Set(
    (await callersOf(socket))
      .filter((caller) => caller.aeTitle === aeTitle)
      .map((caller) => caller.address),
  );
  const where = address ?? (seen.size === 1 ? [...seen][0] : undefined);
  if (where === undefined) {
    const message =
      seen.size === 0
        ? `Cannot ${verb} "${aeTitle}": no device with this title has called`
        : `Cannot ${verb} "${aeTitle}": it called from ${[...seen].join(' and ')}`;
    return complain({ message, next: 'Add --address ADDRESS' }, exitCode.usage);
  }
  const verdict = verb === 'accept' ? 'accepted' : 'refused';
  const answer = await askUnix(socket, '/v1/callers', { aeTitle, address: where, verdict, by });
  if (answer.status !== 200) return saidNo(answer);
  process.stdout.write(`"${aeTitle}" at ${where} is ${verdict}.\n${later[verb]}`);
  return exitCode.ok;
}

/** The firewall of the box does not change by itself. */
const later = {
  accept:
    'It may send from now on. Where setup made this box, run "setup.sh run" again: until then the firewall lets no\n' +
    'answer of storage commitment out to it.\n',
  refuse: '',
} as const;

async function callersOf(socket: string): Promise<readonly ShownCaller[]> {
  const { status, body } = await askUnix(socket, '/v1/callers');
  const parsed = callerListSchema.safeParse(body);
  if (!parsed.success) throw new Error(`its answer is not understood (${status})`);
  return parsed.data.callers;
}

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

function saidNo({ status, body }: UnixAnswer): ExitCode {
  const said = apiFaultSchema.safeParse(body);
  const message = said.success
    ? sanitize(said.data.message)
    : `The box's program answered ${status}`;
  const next = said.success ? sanitize(said.data.next) : 'Try again; if it stays so, call support';
  return complain({ message, next }, exitCode.no);
}
