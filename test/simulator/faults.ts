import { fairWeather, type Way } from './network.ts';
import type { Pacs } from './pacs.ts';
import type { Timeline } from './timeline.ts';

/** Everything that may go wrong beside the crashes that each program meets by itself. */
export interface Victims {
  readonly ways: readonly Way[];
  readonly pacs: Pacs;
  /** Takes the power from one machine each. */
  readonly powerCuts: readonly ((why: string) => void)[];
  /** Moves the wall clock of the world, days. */
  setSkewMs(ms: number): void;
}

/** How hard a world is; each seed draws its own. */
const strengths = [0, 0.3, 1] as const;
const day = 24 * 3_600_000;

/** Lets faults rain until `endMs`; nothing is left broken but what programs and people must mend by themselves. */
export function rain(
  timeline: Timeline,
  { ways, pacs, powerCuts, setSkewMs }: Victims,
  endMs: number,
): void {
  const { chance } = timeline;
  const strength = {
    net: chance.pick(strengths),
    pacs: chance.pick(strengths),
    power: chance.pick(strengths),
  };
  for (const way of ways) {
    way.latencyMs = chance.pick([20, 300, 600]);
    way.bytesPerS = chance.pick([16_000, 64_000, 250_000]);
    way.weather = {
      cut: 0.15 * strength.net,
      lostAnswer: 0.1 * strength.net,
      twice: 0.1 * strength.net,
      lie: 0.1 * strength.net,
      damage: 0.05 * strength.net,
    };
  }
  pacs.trouble = 0.2 * strength.pacs;

  const soon = (fromMs: number, toMs: number, work: () => void): void => {
    const inMs = chance.between(fromMs, toMs);
    if (timeline.elapsedMs() + inMs < endMs) timeline.after(inMs, work);
  };
  const outage = (way: Way): void => {
    timeline.note(`${way.name} is cut`);
    way.cut();
    timeline.after(chance.between(200, 15_000), () => {
      way.isUp = true;
      timeline.note(`${way.name} is back`);
    });
    soon(2_000, 30_000, () => outage(way));
  };
  if (strength.net > 0) for (const way of ways) soon(0, 25_000, () => outage(way));

  const sulk = (): void => {
    pacs.isUp = !pacs.isUp;
    timeline.note(`the PACS is ${pacs.isUp ? 'up' : 'down'}`);
    soon(1_000, 15_000, sulk);
  };
  if (strength.pacs > 0) soon(0, 20_000, sulk);

  const cutPower = (): void => {
    chance.pick(powerCuts)('power cut');
    soon(5_000, 40_000, cutPower);
  };
  if (strength.power > 0) soon(1_000, 40_000, cutPower);
  if (chance.is(0.2)) soon(0, endMs, () => setSkewMs(chance.pick([-3, 400]) * day));

  timeline.after(endMs, () => {
    timeline.note('the rain is over');
    pacs.isUp = true;
    pacs.trouble = 0;
    for (const way of ways) way.weather = fairWeather;
  });
}
