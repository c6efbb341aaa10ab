import { accept, comeBack, confirmHere, request, status } from '#sync/adapters/pair-at-box.ts';
import {
  approve,
  atCenter,
  card,
  centerDir,
  confirmAtCenter,
  decide,
  grant,
  list,
  readmit,
} from '#sync/adapters/pair-at-center.ts';
import { type PairResult, type PairValues, parsePairLine } from '#sync/adapters/pair-line.ts';
import { complain, systemFaultOf } from '#sync/adapters/program-start.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { fail } from '#sync/core/result.ts';

const help = `At the center:
  outpost pair card --site CODE [--days N] [--replace] [--out FILE] [--svg FILE] [--qr]
                                                                      make a card for one box
  outpost pair grant FILE [--out DIR]                                 answer the request enrol-*.spk
  outpost pair confirm --words "W5 W6 W7 W8" [--out DIR]              the words the engineer reads out
  outpost pair approve --ticket T --operator NAME [--out DIR]         a second operator agrees
  outpost pair list                                                   all tickets, and the words of those that wait
  outpost pair cancel --ticket T | revoke --ticket T
  outpost pair readmit --ticket T [--operator NAME] [--out DIR]       let a box come back whose record was lost in a restore
  outpost pair release --ticket T                                     let in what a replaced box had under way
At the box:
  outpost pair request --card FILE --keys FILE --site CODE [--out DIR]   ask with the card and center.keys
  outpost pair confirm --words "W1 W2 W3 W4"                             the words the operator reads out
  outpost pair accept FILE                                               take the grant grant-*.spk
  outpost pair return [--out DIR]                                        show the own grant to a center that lost its record
  outpost pair status                                                    how it stands and what it waits for

  --config FILE        the center's or the box's config: center.json or appliance.json in /etc/outpost
  --agent-config FILE  config of the box's agent (/etc/outpost/agent.json)
  --ticket T           which ticket, when several wait
  --operator NAME      who types, where center.json names two or more in "operators"
  --replace            the card is for a box in place of the one at that site
  --svg FILE, --qr     the card as a QR code: to print, or on this terminal
  --card -             read the card from the keyboard or a hand scanner (end with Ctrl+D)
  --json               print the outcome as one JSON object

Exit codes: 0 done, 1 the words are wrong or the ticket is closed, 64 usage, 65 refused.
`;

/** The `outpost pair` command: the ceremony of the pairing design, carried by files. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const line = parsePairLine(args);
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ok;
  }
  const [command = '', file] = positionals;
  const outcome = await run(command, file, values)?.catch((cause) => fail(systemFaultOf(cause)));
  if (!outcome) {
    process.stderr.write(`A command, or what it needs, is missing.\n\n${help}`);
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
  values: PairValues,
): Promise<PairResult> | undefined {
  switch (command) {
    case 'card':
      return values.site
        ? atCenter(values, (dir) => card(dir, values.site ?? '', values))
        : undefined;
    case 'grant':
      return file ? atCenter(values, (dir) => grant(dir, file, values)) : undefined;
    case 'list':
      return atCenter(values, list);
    case 'approve':
      return values.ticket && values.operator
        ? atCenter(values, (dir) => approve(dir, values))
        : undefined;
    case 'readmit':
      return values.ticket ? atCenter(values, (dir) => readmit(dir, values)) : undefined;
    case 'cancel':
    case 'revoke':
    case 'release':
      return values.ticket
        ? atCenter(values, (dir) => decide(dir, { type: command }, values))
        : undefined;
    case 'request':
      return values.card && values.keys && values.site ? request(values) : undefined;
    case 'return':
      return comeBack(values);
    case 'status':
      return status(values);
    case 'accept':
      return file ? accept(file, values) : undefined;
    case 'confirm':
      return values.words ? confirm(values.words, values) : undefined;
    default:
      return undefined;
  }
}

/** Both ends confirm; the place with a center's keys is a center, any other is a box. */
async function confirm(typed: string, values: PairValues): Promise<PairResult> {
  const center = await centerDir(values);
  return center.ok ? confirmAtCenter(center.value, typed, values) : confirmHere(typed, values);
}
