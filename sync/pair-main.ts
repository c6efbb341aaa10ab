import { readFile, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { systemClock } from './adapters/clock-system.ts';
import { readConfig } from './adapters/config-file.ts';
import { readCenterTickets } from './adapters/keys-file.ts';
import {
  acceptGrant,
  type BoxPlace,
  confirmAtBox,
  requestPairing,
} from './adapters/pairing-box.ts';
import {
  decideTicket,
  grantRequest,
  makeCard,
  type TicketProgress,
} from './adapters/pairing-center.ts';
import { complain } from './adapters/program-start.ts';
import { systemRandom } from './adapters/random-system.ts';
import { versionOfOutpost } from './adapters/version.ts';
import { parseCommandLine } from './core/command-line.ts';
import { type ExitCode, exitCode } from './core/exit.ts';
import { type Fault, fault } from './core/fault.ts';
import { fail, ok, type Result } from './core/result.ts';
import { boxText, ticketText } from './seal/ceremony-text.ts';

const help = `At the center:
  outpost pair card --site CODE [--days N] [--replace] [--out FILE]   make a card for one box
  outpost pair grant FILE [--out DIR]                                 answer the request enrol-*.spk
  outpost pair confirm --words "W5 W6 W7 W8" [--out DIR]              the words the engineer reads out
  outpost pair list | cancel --ticket T | revoke --ticket T
At the box:
  outpost pair request --card FILE --keys FILE --site CODE [--out DIR]   ask with the card and center.keys
  outpost pair confirm --words "W1 W2 W3 W4"                             the words the operator reads out
  outpost pair accept FILE                                               take the grant grant-*.spk

  --config FILE        the center's or the box's config: center.json or appliance.json in /etc/outpost
  --agent-config FILE  config of the box's agent (/etc/outpost/agent.json)
  --ticket T           which ticket, when several wait
  --json               print the outcome as one JSON object

Exit codes: 0 done, 1 the words are wrong or the ticket is closed, 64 usage, 65 refused.
`;

const options = {
  site: { type: 'string' },
  days: { type: 'string', default: '30' },
  replace: { type: 'boolean', default: false },
  card: { type: 'string' },
  keys: { type: 'string' },
  words: { type: 'string' },
  ticket: { type: 'string' },
  out: { type: 'string' },
  config: { type: 'string' },
  'agent-config': { type: 'string', default: '/etc/outpost/agent.json' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = Extract<ReturnType<typeof parse>, { readonly ok: true }>['value']['values'];

interface Outcome {
  readonly facts: object;
  readonly text: string;
  readonly notice?: Fault;
}

const ports = { clock: systemClock, random: systemRandom };
const dataDirSchema = z.object({ dataDir: z.string().min(1) });

/** The `outpost pair` command: the ceremony of the pairing design, carried by files. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const line = parse(args);
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ok;
  }
  const [command = '', file] = positionals;
  const outcome = await run(command, file, values);
  if (!outcome) {
    process.stderr.write(help);
    return exitCode.usage;
  }
  if (!outcome.ok) return complain(outcome.fault, exitCode.data);
  const { facts, text, notice } = outcome.value;
  process.stdout.write(values.json ? `${JSON.stringify(facts)}\n` : text);
  return notice ? complain(notice, exitCode.no) : exitCode.ok;
}

function run(
  command: string,
  file: string | undefined,
  values: Values,
): Promise<Result<Outcome, Fault>> | undefined {
  switch (command) {
    case 'card':
      return values.site
        ? atCenter(values, (dir) => card(dir, values.site ?? '', values))
        : undefined;
    case 'grant':
      return file ? atCenter(values, (dir) => grant(dir, file, values)) : undefined;
    case 'list':
      return atCenter(values, list);
    case 'cancel':
    case 'revoke':
      return values.ticket
        ? atCenter(values, (dir) => decide(dir, { type: command }, values))
        : undefined;
    case 'request':
      return values.card && values.keys && values.site ? request(values) : undefined;
    case 'accept':
      return file ? accept(file, values) : undefined;
    case 'confirm':
      return values.words ? confirm(values.words, values) : undefined;
    default:
      return undefined;
  }
}

async function card(
  dataDir: string,
  site: string,
  values: Values,
): Promise<Result<Outcome, Fault>> {
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 365) {
    return fail(fault('pairing/days', `Cannot use --days "${values.days}"`, 'Give 1 to 365 days'));
  }
  const kind = values.replace ? 'replace' : 'enrol';
  const made = await makeCard(dataDir, { site, kind, days }, ports);
  if (!made.ok) return made;
  const { ticket, text, qrText } = made.value;
  if (values.out) await writeFile(values.out, `${text}\n`, { mode: 0o600 });
  return ok({
    facts: { ticket: ticket.ticket, site, lastDay: ticket.lastDay, card: text, qr: qrText },
    text: `Card for ${site}, good until ${ticket.lastDay}. It is secret: hand it to the engineer in person.\n\n  ${text}\n\n`,
  });
}

async function grant(
  dataDir: string,
  file: string,
  values: Values,
): Promise<Result<Outcome, Fault>> {
  const bytes = await readNamed(file);
  if (!bytes.ok) return bytes;
  const ticketId = values.ticket ?? /([0-9a-f]{32})\.spk$/.exec(basename(file))?.[1];
  const done = await grantRequest(
    dataDir,
    bytes.value,
    ticketId,
    resolve(values.out ?? '.'),
    ports,
  );
  return done.ok ? ok(ofTicket(done.value)) : done;
}

async function decide(
  dataDir: string,
  event: Parameters<typeof decideTicket>[2],
  values: Values,
): Promise<Result<Outcome, Fault>> {
  const outDir = values.out === undefined ? undefined : resolve(values.out);
  const done = await decideTicket(dataDir, values.ticket, event, outDir, ports);
  return done.ok ? ok(ofTicket(done.value)) : done;
}

async function list(dataDir: string): Promise<Result<Outcome, Fault>> {
  const tickets = await readCenterTickets(dataDir);
  const lines = tickets.map(
    ({ ticket, site, state, lastDay }) =>
      `${ticket}  ${site.padEnd(16)}  ${state.padEnd(8)}  card until ${lastDay}`,
  );
  return ok({
    facts: {
      tickets: tickets.map(({ ticket, site, state, lastDay }) => ({
        ticket,
        site,
        state,
        lastDay,
      })),
    },
    text: lines.length === 0 ? 'No card was made yet.\n' : `${lines.join('\n')}\n`,
  });
}

async function request(values: Values): Promise<Result<Outcome, Fault>> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const cardText = await readNamed(values.card ?? '');
  if (!cardText.ok) return cardText;
  const keyListText = await readNamed(values.keys ?? '');
  if (!keyListText.ok) return keyListText;
  const done = await requestPairing(
    place.value,
    {
      cardText: cardText.value.toString('utf8'),
      keyListText: keyListText.value.toString('utf8'),
      site: values.site ?? '',
      version: versionOfOutpost(),
      outDir: resolve(values.out ?? '.'),
    },
    ports,
  );
  if (!done.ok) return done;
  const { peer, file } = done.value;
  const facts = { state: peer.state, file, words: peer.words?.slice(4) ?? [] };
  return ok({ facts, text: `${boxText(peer)}Carry this file to the center: ${file}\n` });
}

async function accept(file: string, values: Values): Promise<Result<Outcome, Fault>> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const bytes = await readNamed(file);
  if (!bytes.ok) return bytes;
  const done = await acceptGrant(place.value, bytes.value);
  if (!done.ok) return done;
  const { peer, notice } = done.value;
  return ok({ facts: { state: peer.state }, text: boxText(peer), ...(notice && { notice }) });
}

/** Both ends confirm; the place with a center's keys is a center, any other is a box. */
async function confirm(typed: string, values: Values): Promise<Result<Outcome, Fault>> {
  const center = await centerDir(values);
  if (center.ok) return decide(center.value, { type: 'words', typed }, values);
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const done = await confirmAtBox(place.value, typed);
  if (!done.ok) return done;
  const { peer, notice } = done.value;
  return ok({ facts: { state: peer.state }, text: boxText(peer), ...(notice && { notice }) });
}

function ofTicket({ ticket, notice, file }: TicketProgress): Outcome {
  const { state, site, box } = ticket;
  const facts = { ticket: ticket.ticket, state, site, file, words: box?.words.slice(0, 4) ?? [] };
  return { facts, text: ticketText(ticket, file), ...(notice && { notice }) };
}

async function atCenter(
  values: Values,
  work: (dataDir: string) => Promise<Result<Outcome, Fault>>,
): Promise<Result<Outcome, Fault>> {
  const dir = await centerDir(values);
  return dir.ok ? work(dir.value) : dir;
}

async function centerDir(values: Values): Promise<Result<string, Fault>> {
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

async function boxPlace(values: Values): Promise<Result<BoxPlace, Fault>> {
  const path = values.config ?? '/etc/outpost/appliance.json';
  const config = await readConfig('appliance', dataDirSchema, path);
  if (!config.ok) return config;
  const agentConfig = await readConfig('agent', dataDirSchema, values['agent-config']);
  if (!agentConfig.ok) return agentConfig;
  return ok({ dataDir: config.value.dataDir, agentDataDir: agentConfig.value.dataDir });
}

async function readNamed(path: string): Promise<Result<Buffer, Fault>> {
  try {
    return ok(await readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault('pairing/file', `Cannot read "${path}": ${reason}`, 'Check the name and the stick'),
    );
  }
}

function parse(args: readonly string[]) {
  return parseCommandLine('pair', { args: [...args], allowPositionals: true, options });
}
