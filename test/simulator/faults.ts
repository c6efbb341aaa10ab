import type { Climate } from './climate.ts';
import { type FileVictims, rainOnFiles } from './faults-files.ts';
import { fairWeather, type Way } from './network.ts';
import type { Pacs } from './pacs.ts';
import { createRain, type Rain } from './rain.ts';
import type { Timeline } from './timeline.ts';

/** Everything that may go wrong beside the crashes that each program meets by itself. */
export interface Victims extends FileVictims {
  readonly pacs: Pacs;
  /** Takes the power from one machine each. */
  readonly powerCuts: readonly ((why: string) => void)[];
  readonly disks: readonly { readonly name: string; isFull: boolean }[];
  /** Moves the wall clock of the world. */
  setSkewMs(ms: number): void;
}

const hour = 3_600_000;
const day = 24 * hour;
/** Back to 1970 and a little more, as a clock without a battery starts. */
const to1970 = -Date.UTC(2026, 0, 15);
const rates = [16_000, 64_000, 250_000] as const;

/** Lets faults rain until `endMs`; nothing is left broken but what programs and people must mend by themselves. */
export function rain(timeline: Timeline, climate: Climate, victims: Victims, endMs: number): void {
  const { ways, pacs, disks } = victims;
  const all = createRain(timeline, endMs);
  for (const way of ways) rainOnWay(all, climate, way);
  rainOnPacs(all, climate, pacs);
  rainOnMachines(all, climate, victims);
  rainOnFiles(all, climate, victims);

  timeline.after(endMs, () => {
    timeline.note('the rain is over');
    pacs.isUp = true;
    pacs.trouble = 0;
    for (const way of ways) way.weather = fairWeather;
    for (const disk of disks) disk.isFull = false;
  });
}

function rainOnWay({ timeline, episode }: Rain, climate: Climate, way: Way): void {
  const { chance } = timeline;
  way.latencyMs = chance.pick([20, 300, 600]);
  way.setRate(chance.pick(rates));
  way.weather = {
    cut: 0.15 * climate.net,
    lostAnswer: 0.1 * climate.net,
    twice: 0.1 * climate.net,
    lie: 0.1 * climate.net,
    damage: 0.05 * climate.net,
  };
  const bringBack = (): void => {
    if (climate.outageMs > 0) return;
    way.isUp = true;
    timeline.note(`${way.name} is back`);
  };
  const cut = (): void => {
    timeline.note(`${way.name} is cut`);
    way.cut();
  };
  if (climate.net > 0) episode(30_000, 15_000, cut, bringBack);
  if (climate.outageMs > 0) {
    timeline.after(chance.between(1_000, 10_000), cut);
    timeline.after(climate.outageMs, () => {
      way.isUp = true;
      // What nobody touched for a week the relay gives up.
      way.traffic.partsLost();
      timeline.note(`${way.name} is back after ${climate.outageMs / day} days`);
    });
  }
  if (!climate.rates) return;
  const step = (): void => {
    way.setRate(chance.pick(rates));
    timeline.note(`${way.name} has ${way.bytesPerS} bytes/s`);
  };
  episode(20_000, 10_000, step, step);
  // Each loss costs a round trip and half the window: for a while next to nothing goes through.
  let beforeBytesPerS = way.bytesPerS;
  let bursts = 0;
  const lose = (): void => {
    // Bursts overlap: what was before the first comes back behind the last.
    if (bursts++ === 0) beforeBytesPerS = way.bytesPerS;
    way.setRate(Math.max(500, beforeBytesPerS * chance.pick([0.02, 0.1, 0.3])));
    timeline.note(`${way.name} loses packets`);
  };
  const recover = (): void => {
    if (--bursts === 0) way.setRate(Math.max(way.bytesPerS, beforeBytesPerS));
  };
  episode(25_000, 8_000, lose, recover);
}

function rainOnPacs({ timeline, episode }: Rain, climate: Climate, pacs: Pacs): void {
  pacs.trouble = 0.2 * climate.pacs;
  if (climate.pacs === 0) return;
  const turn = (isUp: boolean) => (): void => {
    pacs.isUp = isUp;
    timeline.note(`the PACS is ${isUp ? 'up' : 'down'}`);
  };
  episode(25_000, 15_000, turn(false), turn(true));
}

function rainOnMachines(
  { timeline, soon, episode }: Rain,
  climate: Climate,
  victims: Victims,
): void {
  const { chance } = timeline;
  const { powerCuts, disks, setSkewMs } = victims;
  const cutPower = (): void => {
    chance.pick(powerCuts)('power cut');
    soon(5_000, 40_000, cutPower);
  };
  if (climate.power > 0) soon(1_000, 40_000, cutPower);

  for (const disk of climate.disk > 0 ? disks : []) {
    if (!chance.is(0.3)) continue;
    const fill = (isFull: boolean) => (): void => {
      disk.isFull = isFull;
      timeline.note(`the disk of ${disk.name} ${isFull ? 'is full' : 'has room'}`);
    };
    episode(60_000, 20_000, fill(true), fill(false));
  }

  const jump = (): void => {
    const toMs = chance.pick([-3 * day, 400 * day, to1970, -90_000, 2 * hour, 0]);
    setSkewMs(toMs);
    timeline.note(`the clocks are ${toMs / 1_000} s off`);
    soon(3_000, 30_000, jump);
  };
  if (climate.clock) soon(0, 30_000, jump);
}
