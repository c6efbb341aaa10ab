import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { codingBench } from './coding.ts';
import { intakeBench } from './intake.ts';
import { linkBench } from './link.ts';
import { readMachine } from './machine.ts';
import type { Bench } from './measured.ts';
import { stopServers } from './process.ts';
import { startBench } from './start.ts';
import { tableOf } from './table.ts';

const benches: readonly Bench[] = [intakeBench, startBench, linkBench, codingBench];

const help = `npm run bench -- NAME [DIR] [OPTIONS]

Measures one thing side by side with its peers on this machine and prints the figures.

${benches.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

  DIR           what to measure, for coding: a folder with one folder for each study
  --json        one JSON object on standard output: {bench, rows, targets, machine, notes}
  --only TEXT   for intake and coding: cases with these words in their name alone; for link: a regular expression for
                "CASE: SUBJECT", such as 'CT 20, steady: (curl|outpost)'
  --rounds N    how often every subject is measured, in turn; figures are medians
  --profile DIR a CPU profile of our own program for every round

Exit codes: 0 measured (the targets say how it went), 1 broke off, 64 usage, 69 cannot be measured here.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (!options) {
    const isAsked = args.length === 0 || args.includes('--help');
    (isAsked ? process.stdout : process.stderr).write(help);
    return isAsked ? 0 : 64;
  }
  const { bench, isJson } = options;
  const obstacle = bench.obstacle(options.folder);
  if (obstacle) {
    process.stderr.write(`Cannot measure "${bench.name}" here: ${obstacle}\n`);
    return 69;
  }
  const stopOnSignal = (): void => void stopServers().finally(() => process.exit(130));
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  const machine = readMachine();
  if (options.profileDir) await mkdir(options.profileDir, { recursive: true });
  try {
    const measured = await bench.run(options);
    const { rows, targets, notes } = measured;
    process.stdout.write(
      isJson
        ? `${JSON.stringify({ bench: bench.name, rows, targets, machine, notes })}\n`
        : `${tableOf(measured)}${JSON.stringify(machine)}\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(
      `Cannot measure "${bench.name}": ${error instanceof Error ? error.message : error}\n`,
    );
    return 1;
  } finally {
    await stopServers();
  }
}

function optionsOf(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
      },
    });
    const bench = benches.find(({ name }) => name === positionals[0]);
    const rounds = values.rounds === undefined ? bench?.defaultRounds : Number(values.rounds);
    if (!bench || positionals.length > (bench.takesFolder ? 2 : 1)) return undefined;
    const [, folder] = positionals;
    if (rounds === undefined || !Number.isInteger(rounds) || rounds < 1) return undefined;
    return {
      bench,
      rounds,
      folder: folder && resolve(folder),
      only: values.only,
      isJson: values.json,
      profileDir: values.profile && resolve(values.profile),
      say: (text: string): void => void process.stderr.write(`${text}\n`),
    };
  } catch {
    return undefined;
  }
}
