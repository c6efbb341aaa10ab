import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { type UnknownBox, unknownBoxes } from '../center/status.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { ticketText } from '../seal/ceremony-text.ts';
import { dataDirSchema, readConfig } from './config-file.ts';
import {
  type PairOutcome,
  type PairResult,
  type PairValues,
  pairPorts,
  parseSite,
  readNamed,
} from './pair-line.ts';
import { makeCard } from './pairing-center-card.ts';
import { grantRequest } from './pairing-center-request.ts';
import {
  type Decision,
  decideTicket,
  sweepTickets,
  type TicketProgress,
} from './pairing-center-ticket.ts';
import { readHeldReasons } from './study-store-folder-held.ts';

/** Does `work` in the data folder of the center whose config the line names. */
export async function atCenter(
  values: PairValues,
  work: (dataDir: string) => Promise<PairResult>,
): Promise<PairResult> {
  const dir = await centerDir(values);
  return dir.ok ? work(dir.value) : dir;
}

/** The data folder of the center; a fault where the config is of no center, or its keys were never made. */
export async function centerDir(values: PairValues): Promise<Result<string, Fault>> {
  const config = await readConfig(
    'center',
    dataDirSchema,
    values.config ?? '/etc/outpost/center.json',
  );
  if (!config.ok) return config;
  const dir = config.value.dataDir;
  const isCenter = await readNamed(`${dir}/keys/center.keys`);
  if (isCenter.ok) return ok(dir);
  return fail(
    fault(
      'pairing/no-center',
      `Cannot act as a center: "${dir}" has no center.keys`,
      'Run outpost keys init center first',
    ),
  );
}

/** Makes a card for a site. */
export async function card(dataDir: string, site: string, values: PairValues): Promise<PairResult> {
  const code = parseSite(site);
  if (!code.ok) return code;
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 365) {
    return fail(fault('pairing/days', `Cannot use --days "${values.days}"`, 'Give 1 to 365 days'));
  }
  const kind = values.replace ? 'replace' : 'enrol';
  const made = await makeCard(dataDir, { site, kind, days }, pairPorts);
  if (!made.ok) return made;
  const { ticket, text, qrText, qrForTerminal, qrSvg } = made.value;
  if (values.out) await writeFile(values.out, `${text}\n`, { mode: 0o600 });
  if (values.svg) await writeFile(values.svg, qrSvg, { mode: 0o600 });
  return ok({
    facts: { ticket: ticket.ticket, site, lastDay: ticket.lastDay, card: text, qr: qrText },
    text: [
      `Card for ${site}, good until ${ticket.lastDay}. It is secret: hand it to the engineer in person.`,
      '',
      ...linesOfCard(text),
      '',
      ...(values.qr ? [qrForTerminal] : []),
    ].join('\n'),
  });
}

/** Answers the request in a file. */
export async function grant(
  dataDir: string,
  file: string,
  values: PairValues,
): Promise<PairResult> {
  const bytes = await readNamed(file);
  if (!bytes.ok) return bytes;
  const ticketId = values.ticket ?? /([0-9a-f]{32})\.spk$/.exec(basename(file))?.[1];
  const done = await grantRequest(
    dataDir,
    bytes.value,
    ticketId,
    resolve(values.out ?? '.'),
    pairPorts,
  );
  return done.ok ? ok(ofTicket(done.value)) : done;
}

/** The words of the engineer. Where the config names two operators or more, a second one must agree. */
export async function confirmAtCenter(
  dataDir: string,
  typed: string,
  values: PairValues,
): Promise<PairResult> {
  const operators = await operatorsOf(values);
  if (!operators.ok) return operators;
  const operator = operatorIn(operators.value, values.operator);
  if (!operator.ok) return operator;
  const event: Decision = {
    type: 'words',
    typed,
    needsSecond: operators.value.length > 1,
    ...(operator.value !== undefined && { operator: operator.value }),
  };
  return decide(dataDir, event, values);
}

/** Lets a box come back that proved its grant. Where the config names two operators or more, a second one must agree. */
export async function readmit(dataDir: string, values: PairValues): Promise<PairResult> {
  const operators = await operatorsOf(values);
  if (!operators.ok) return operators;
  const operator = operatorIn(operators.value, values.operator);
  if (!operator.ok) return operator;
  const needsSecond = operators.value.length > 1;
  const who = operator.value === undefined ? {} : { operator: operator.value };
  return decide(dataDir, { type: 'readmit', needsSecond, ...who }, values);
}

/** A second operator agrees. */
export async function approve(dataDir: string, values: PairValues): Promise<PairResult> {
  const operators = await operatorsOf(values);
  if (!operators.ok) return operators;
  const operator = operatorIn(operators.value, values.operator);
  if (!operator.ok) return operator;
  return decide(dataDir, { type: 'approve', operator: operator.value ?? '' }, values);
}

/** A decision about a ticket. */
export async function decide(
  dataDir: string,
  event: Decision,
  values: PairValues,
): Promise<PairResult> {
  const outDir = values.out === undefined ? undefined : resolve(values.out);
  const done = await decideTicket(dataDir, values.ticket, event, outDir, pairPorts);
  return done.ok ? ok(ofTicket(done.value)) : done;
}

/** All tickets of this center. */
export async function list(dataDir: string): Promise<PairResult> {
  const tickets = await sweepTickets(dataDir, pairPorts);
  const lines = tickets.map(
    ({ ticket, site, state, lastDay }) =>
      `${ticket}  ${site.padEnd(16)}  ${state.padEnd(8)}  card until ${lastDay}`,
  );
  // A request may have come by the relay while nobody looked: its words are shown here.
  const unknown = unknownBoxes(await readHeldReasons(join(dataDir, 'held')));
  lines.push(...unknown.map(unknownLine));
  const waiting = tickets.filter(({ state }) => state === 'claimed' || state === 'disputed');
  lines.push(...waiting.map((ticket) => `\n${ticketText(ticket).trimEnd()}`));
  return ok({
    facts: {
      tickets: tickets.map(({ ticket, site, state, lastDay, box }) => ({
        ticket,
        site,
        state,
        lastDay,
        ...(state === 'claimed' && { words: box?.words.slice(0, 4) ?? [] }),
      })),
      unknownBoxes: unknown,
    },
    text: lines.length === 0 ? 'No card was made yet.\n' : `${lines.join('\n')}\n`,
  });
}

function ofTicket({ ticket, notice, file }: TicketProgress): PairOutcome {
  const { state, site, box } = ticket;
  const facts = { ticket: ticket.ticket, state, site, file, words: box?.words.slice(0, 4) ?? [] };
  return { facts, text: ticketText(ticket, file), ...(notice && { notice }) };
}

function unknownLine({ identity, packs, sizeBytes, sinceAt }: UnknownBox): string {
  const size = `${Math.ceil(sizeBytes / 1_000_000)} MB`;
  return `unknown box ${identity.slice(0, 16)}: ${packs} pack(s), ${size}, kept sealed since ${sinceAt.slice(0, 10)}`;
}

/** The 16 groups in four lines, each group under its number: whoever types one wrong is told which. */
function linesOfCard(text: string): readonly string[] {
  const groups = text.split('-');
  return [0, 4, 8, 12].map(
    (first) =>
      `  ${groups
        .slice(first, first + 4)
        .map((group, at) => `${String(first + at + 1).padStart(2)}: ${group}`)
        .join('   ')}`,
  );
}

const operatorsSchema = z.object({ operators: z.array(z.string()).default([]) });

async function operatorsOf(values: PairValues): Promise<Result<readonly string[], Fault>> {
  const path = values.config ?? '/etc/outpost/center.json';
  const config = await readConfig('center', operatorsSchema, path);
  return config.ok ? ok(config.value.operators) : config;
}

/** A name that was typed must be one of the config; where the config names nobody, none is needed. */
function operatorIn(
  operators: readonly string[],
  typed: string | undefined,
): Result<string | undefined, Fault> {
  if (operators.length === 0 || typed === undefined || operators.includes(typed)) return ok(typed);
  return fail(
    fault(
      'pairing/which-operator',
      `Cannot take "${typed}" for an operator of this center`,
      'Give --operator a name that stands in "operators" of center.json',
    ),
  );
}
