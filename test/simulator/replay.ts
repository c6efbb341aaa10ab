import './cheap-seals.ts';
import './virtual-files.ts';
import type { Bug } from './bugs.ts';

// node test/simulator/replay.ts SEED [BUG]: one world again, with all its notes.

const { bugs } = await import('./bugs.ts');
const { simulate } = await import('./simulate.ts');
const { storyOf } = await import('./story.ts');
const [seed = '', name] = process.argv.slice(2);
const bug = bugs.find((each) => each === name);
if (!/^\d+$/.test(seed) || bug !== (name as Bug | undefined)) {
  process.stderr.write('node test/simulator/replay.ts SEED [BUG]\n');
  process.exit(64);
}
const notes = Number.POSITIVE_INFINITY;
process.stdout.write(`${storyOf(await simulate(Number(seed), { bug, notes }))}\n`);
