import { parseArgs } from 'node:util';
import { soak } from './soak.ts';
import { tableOf } from './table.ts';

const help = `npm run soak -- [OPTIONS]

Four boxes, two relays and two centers as real processes on this machine, under chaos of a seed: kills, cut links, a
PACS without room, a full disk (as root), studies made STAT. At the end nothing may be lost, nothing be at a PACS
twice, and no memory have grown. Prints a table on standard output, with what did not hold at its end.

  --minutes N   length of the chaos (30); what comes after it waits until everything has arrived
  --seed TEXT   the plan of what happens; the same seed, the same plan (chosen by chance)
  --settle N    seconds that everything may take to arrive afterwards (600)
  --json        one JSON object in place of the table; what did not hold is in "broken"

OUTPOST_KEEP=1 keeps the folder with all logs.
Exit codes: 0 all held, 1 something did not, 64 usage.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (!options) {
    const isAsked = args.includes('--help');
    (isAsked ? process.stdout : process.stderr).write(help);
    return isAsked ? 0 : 64;
  }
  // At the exit of this process all programs are killed.
  const stopOnSignal = (): never => process.exit(130);
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  options.say(`seed ${options.seed}, ${options.minutes} minutes`);
  const report = await soak(options);
  const text = options.isJson ? JSON.stringify(report, undefined, 1) : tableOf(report);
  process.stdout.write(`${text}\n`);
  return report.broken.length === 0 ? 0 : 1;
}

function optionsOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '30' },
        seed: { type: 'string', default: String(Date.now()) },
        settle: { type: 'string', default: '600' },
        json: { type: 'boolean', default: false },
      },
    });
    const [minutes, settleS] = [Number(values.minutes), Number(values.settle)];
    if (!(minutes > 0) || !(settleS > 0)) return undefined;
    const say = (text: string): void => void process.stderr.write(`${text}\n`);
    return { minutes, settleS, seed: values.seed, say, isJson: values.json };
  } catch {
    return undefined;
  }
}
