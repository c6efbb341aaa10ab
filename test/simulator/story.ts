import type { Outcome } from './simulate.ts';

/** What happened in a world that broke an invariant, and how to see it again. */
export function storyOf({ seed, violation, notes, steps, virtualS }: Outcome): string {
  return [
    `seed ${seed}, step ${steps}, ${virtualS.toFixed(3)} s: ${violation}`,
    ...notes,
    `replay: OUTPOST_SIMULATOR_SEEDS=${seed} node --test test/simulator/simulator.test.ts`,
  ].join('\n');
}

/** What many worlds did together. */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, each) => total + of(each), 0);
  return [
    `${sum(({ crashes }) => crashes)} crashes`,
    `${sum(({ instances }) => instances)} instances`,
    `${sum(({ reports }) => reports)} reports`,
    `${sum(({ steps }) => steps)} steps`,
    `${Math.round(sum(({ virtualS }) => virtualS) / 60)} virtual minutes`,
    `STAT behind others for ${Math.round(Math.max(0, ...outcomes.map(({ statDelayMs }) => statDelayMs ?? 0)))} ms at most`,
    `drained after ${Math.round(Math.max(0, ...outcomes.map(({ drainS }) => drainS)))} s at most`,
  ].join(', ');
}
