import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createPool } from './pool.ts';
import type { Outcome } from './simulate.ts';
import { storyOf, summaryOf } from './story.ts';

const usage = `npm run nightly -- [--minutes N] [--from SEED] [--threads N] [--failed FILE]

Runs worlds of the simulator, seed after seed, until the time is over, and prints the story of each that fails.
--minutes  how long; default 480
--from     the first seed; default a day's own, so that each night sees others
--threads  worlds at a time; default one a core
--failed   where failing seeds are written as entries for test/simulator/corpus.json
Exit codes: 0 none failed, 1 some did, 64 usage.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '480' },
    from: { type: 'string' },
    threads: { type: 'string' },
    failed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [minutes, from, threads] = [
  Number(values.minutes),
  // Ten thousand seeds a day of their own, far above those of the ordinary run.
  Number(values.from ?? 1_000_000 + (Math.floor(Date.now() / 86_400_000) % 90_000) * 10_000),
  values.threads === undefined ? undefined : Number(values.threads),
];
const isUsable = minutes > 0 && Number.isSafeInteger(from) && from >= 0 && (threads ?? 1) >= 1;
if (values.help || !isUsable) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 64);
}

const endMs = performance.now() + minutes * 60_000;
const outcomes: Outcome[] = [];
const failed: Outcome[] = [];
const pool = createPool(threads);
let seed = from;

/** One world after another until the time is over. */
async function line(): Promise<void> {
  while (performance.now() < endMs) {
    const outcome = await pool.run({ seed: seed++ });
    outcomes.push(outcome);
    if (outcome.violation !== undefined) tell(outcome);
    if (outcomes.length % 500 === 0) process.stdout.write(`${progress()}\n`);
  }
}

function tell(outcome: Outcome): void {
  failed.push(outcome);
  process.stdout.write(`${storyOf(outcome)}\n\n`);
  if (values.failed === undefined) return;
  const reason = outcome.violation ?? '';
  appendFileSync(values.failed, `${JSON.stringify({ seed: outcome.seed, reason })},\n`);
}

function progress(): string {
  const seconds = (performance.now() - endMs) / 1_000 + minutes * 60;
  const rate = (outcomes.length / seconds).toFixed(1);
  return `${outcomes.length} worlds from seed ${from}, ${rate} a second, ${failed.length} failed`;
}

await Promise.all(Array.from({ length: threads ?? 2 }, line));
await pool.close();
process.stdout.write(`${progress()}\n${summaryOf(outcomes)}\n`);
for (const { seed: each, violation } of failed)
  process.stdout.write(`seed ${each}: ${violation}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
