import { hex, utf8 } from '#sync/core/bytes.ts';
import type { Random } from '#sync/core/random.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { runAgent, spoolOf } from './agent-station.ts';
import { type BoxStation, createBoxStation } from './box-station.ts';
import { aims, type Bug, climates, mistakesOf } from './bugs.ts';
import { type CenterStation, createCenterStation } from './center-station.ts';
import { type Climate, climateOf } from './climate.ts';
import { createCourier } from './courier.ts';
import { createMachineDisk, type MachineDisk } from './disk/mount.ts';
import { rain } from './faults.ts';
import { centerTransport } from './keys.ts';
import type { Life } from './life.ts';
import { createMachines } from './machines.ts';
import { leakIn } from './markers.ts';
import { bulkyStudyOf, sendUntilAccepted, studyOf, variantOf } from './modality.ts';
import { createWay, type Way } from './network.ts';
import { createOracle, type Oracle } from './oracle.ts';
import type { Program } from './program.ts';
import { createRelayStation, type RelayStation } from './relay-station.ts';
import { createChance, createTimeline, type Timeline } from './timeline.ts';

/** All that one seed made. */
export interface World {
  readonly timeline: Timeline;
  readonly oracle: Oracle;
  readonly boxes: readonly BoxStation[];
  readonly center: CenterStation;
  readonly relay: RelayStation;
  readonly programs: readonly Program[];
  readonly climate: Climate;
  /** Faults end here, virtual milliseconds. */
  readonly rainMs: number;
  readonly ways: readonly Way[];
  /** Boxes that the center has not revoked. */
  trustedBoxes(): readonly BoxStation[];
  /** What the modalities have still to send. */
  unsent(): number;
  /** Digests of the reports that the reader dropped. */
  readonly reports: ReadonlyMap<string, BoxStation>;
}

const middleOfMonthMs = Date.UTC(2026, 0, 15, 12);
const dayMs = 86_400_000;
/** Of each day of a long outage the programs run for so long; the rest of it goes by at once. */
const awakeMs = 40_000;

/** How a world is asked for. */
export interface WorldWish {
  readonly seed: number;
  readonly bug?: Bug | undefined;
  /** Instead of what the seed would draw. */
  readonly climate?: Partial<Climate> | undefined;
  /** How many of the last notes are kept; usually those that a story needs. */
  readonly notes?: number | undefined;
}

/** Builds a world and sets it going: faults until `rainMs`, then none. */
export function openWorld(
  { seed, bug, climate: wished, notes }: WorldWish,
  usualRainMs: number,
): World {
  const timeline = createTimeline(seed, notes);
  const { chance } = timeline;
  const climate: Climate = {
    ...climateOf(chance, createChance(seed + 2 ** 30)),
    ...(bug && climates[bug]),
    ...wished,
  };
  const rainMs = Math.max(usualRainMs, climate.outageMs);
  /** When the month of the budget ends. */
  const monthEndMs =
    climate.budgetBytes !== undefined && climate.monthEnds && climate.outageMs === 0
      ? Math.floor(chance.between(5_000, usualRainMs))
      : undefined;
  const startMs = monthEndMs === undefined ? middleOfMonthMs : Date.UTC(2026, 1, 1) - monthEndMs;
  const diskWith = (...folders: string[]): MachineDisk =>
    createMachineDisk(timeline, folders, mistakesOf(bug));
  const relay = createRelayStation(timeline, diskWith('relay'), bug);
  const oracle: Oracle = createOracle({
    isHeldAtBox: (instance) => boxes.some((box) => box.holds(instance)),
    isPackSafe: (packId) =>
      relay.holds(packId) ||
      [center, ...boxes].some(
        (end) => spoolOf(end.machine).hasArrived(packId) || end.hasSettled(packId),
      ),
    losses: () =>
      relay.machine.disk.losses() +
      center.machine.disk.losses() +
      boxes.reduce((sum, box) => sum + box.losses(), 0),
  });
  const names = climate.revocation || chance.is(0.3) ? ['box-1', 'box-2'] : ['box-1'];
  const boxes: readonly BoxStation[] = names.map((name) => {
    const disk = diskWith('spool', 'data', 'keys', 'agent');
    return createBoxStation(name, timeline, disk, () => oracle, climate, bug);
  });
  const center: CenterStation = createCenterStation(
    timeline,
    diskWith('spool', 'data', 'reports', 'agent'),
    boxes.map((box) => box.keys),
    oracle,
    bug,
  );

  let skewMs = 0;
  const { programs, powerCuts, disks, launch } = createMachines(timeline, {
    ...{ timeline, oracle, seed, startMs, climate },
    aim: bug && aims[bug],
    skewMs: () => skewMs,
    isFaulty: () => timeline.elapsedMs() < rainMs,
  });
  const ways: Way[] = [];
  const eavesdrop = (bytes: Uint8Array | string): void => {
    const leak = leakIn(bytes);
    if (leak !== undefined) oracle.broken(`S5: ${leak} is on the wire in the clear`);
  };
  const relayCrash = (): void => {
    for (const { traffic } of ways) traffic.relayDied(relay.has);
    const leak = relay.leak();
    if (leak !== undefined) oracle.broken(`S5: ${leak} is at the relay in the clear`);
    if (relay.onCrash()) for (const { traffic } of ways) traffic.relayForgot();
  };
  // What came of a pack is synced when all of it is here.
  const relayPowerCut = (): void => {
    for (const { traffic } of ways) traffic.partsLost();
  };
  launch(relay.machine, {
    relay: { run: relay.run, onCrash: relayCrash, onPowerCut: relayPowerCut },
  });
  const courier = createCourier(timeline, (packIds) => {
    for (const { traffic } of ways) traffic.overtaken(packIds);
  });
  /** Where the stick is. */
  let stickAt = 'center';
  const courierAt = (name: string, machine: MachineDisk) => ({
    run: async (life: Life): Promise<void> => {
      while (timeline.elapsedMs() < rainMs) {
        await life.clock.wait(chance.between(1_000, 8_000), life.signal);
        if (stickAt !== name) continue;
        await courier.visit(life, machine);
        stickAt = name === 'center' ? chance.pick(names) : 'center';
      }
      await new Promise(() => undefined);
    },
    onCrash: () => {
      if (stickAt === name) courier.pull();
    },
  });
  for (const station of [center, ...boxes]) {
    const name = 'keys' in station ? station.name : 'center';
    const transport = 'keys' in station ? station.keys.transport : centerTransport;
    const way = createWay(`link of ${name}`, timeline, relay.door, eavesdrop);
    ways.push(way);
    launch(station.machine, {
      [name]: station,
      [`agent of ${name}`]: {
        run: (life: Life, random: Random) => {
          const isMetered = station !== center && timeline.elapsedMs() < rainMs;
          const budgetBytes = isMetered ? climate.budgetBytes : undefined;
          return runAgent(life, station.machine, way, transport, random, budgetBytes, bug);
        },
        onCrash: way.abandon,
      },
      ...(climate.courier && { [`courier at ${name}`]: courierAt(name, station.machine) }),
    });
  }
  const { pacs } = center;
  const setSkewMs = (ms: number): void => {
    skewMs = ms;
  };
  const spools = boxes.map(({ machine }) => machine.disk);
  const victims = {
    ...{ ways, powerCuts, disks, spools, pacs, oracle, setSkewMs },
    ...{ arrivals: [center.machine.disk, ...spools], archive: center.machine.disk },
  };
  rain(timeline, climate, victims, rainMs);
  if (monthEndMs !== undefined) {
    timeline.after(monthEndMs, () => {
      timeline.note('the month of the budget ends');
      for (const { traffic } of ways) traffic.newMonth();
    });
  }
  const endDay = (): void => {
    const restMs = dayMs - (timeline.elapsedMs() % dayMs);
    timeline.note(`${Math.round(restMs / 1_000)} s go by`);
    timeline.leap(restMs);
    if (timeline.elapsedMs() < rainMs) timeline.after(awakeMs, endDay);
  };
  if (climate.outageMs > 0) timeline.after(awakeMs, endDay);
  const [relayProgram] = programs;
  if (climate.budgetBytes !== undefined) {
    timeline.after(rainMs, () => {
      for (const { name, crash } of programs) {
        if (name.startsWith('agent of box')) crash('a person raises its budget');
      }
      for (const { traffic } of ways) traffic.free();
    });
  }
  const sometime = (work: () => void): void =>
    void timeline.after(chance.between(2_000, rainMs), work);
  if (climate.epochs) for (let n = chance.whole(1, 2); n > 0; n--) sometime(center.renewKeys);
  const revoked = new Set<string>();
  if (climate.revocation) {
    sometime(() => {
      revoked.add('box-2');
      center.revoke('box-2');
    });
  }
  if (climate.relay === 'forgetful') {
    const forget = (): void => {
      const lost = relay.forget();
      oracle.lostByRelay(lost);
      for (const { traffic } of ways) traffic.relayForgot();
      timeline.note(`relay: it forgets ${lost.length} packs`);
    };
    for (let n = 3; n > 0; n--) sometime(forget);
  }
  if (climate.relay === 'old') {
    let restore: (() => readonly string[]) | undefined;
    timeline.after(chance.between(3_000, rainMs / 2), () => {
      restore = relay.backUp();
      timeline.note('relay: a backup is taken');
    });
    timeline.after(chance.between(rainMs / 2, rainMs), () => {
      relayProgram?.crash('it is put back from a backup');
      const lost = restore?.() ?? [];
      relayPowerCut();
      for (const { traffic } of ways) traffic.relayForgot();
      oracle.lostByRelay(lost);
      timeline.note(`relay: with the backup ${lost.length} packs are gone`);
    });
  }
  const reports = new Map<string, BoxStation>();
  let unsent = 0;

  const send = (box: BoxStation, instance: SyntheticInstance, onAccepted: () => void): void => {
    unsent++;
    sendUntilAccepted(timeline, box.door, oracle, instance, () => {
      unsent--;
      onAccepted();
    });
  };

  /** A reader writes as soon as the PACS shows the first image. */
  const report = (box: BoxStation, { attributes, datasetSha256 }: SyntheticInstance): void => {
    if (!oracle.isStored(datasetSha256)) {
      timeline.after(5_000, () => report(box, { attributes, datasetSha256 } as SyntheticInstance));
      return;
    }
    const text = `Report of ${attributes.studyInstanceUid}\n`;
    reports.set(hex(sha256(utf8(text))), box);
    center.report(attributes.studyInstanceUid ?? '', text);
  };

  /** What the center signs for later shows that it is well, so that what it never signed for is sent again. */
  const isLossy = climate.relay !== 'honest' || climate.renames;
  const laterMs = isLossy ? [rainMs + 11 * 60_000, rainMs + 24 * 60_000] : [];
  for (const box of boxes) {
    for (const [index, atMs] of laterMs.entries()) {
      const [instance] = studyOf(`${seed}/${box.name}/later ${index}`, chance);
      if (instance !== undefined) timeline.after(atMs, () => send(box, instance, () => undefined));
    }
    const studies = chance.whole(1, 2) + (climate.stat ? 1 : 0) + (climate.outageMs > 0 ? 4 : 0);
    for (let number = studies; number > 0; number--) {
      const isBulky = climate.stat && number === studies;
      const name = `${seed}/${box.name}/${number}`;
      const study = isBulky ? bulkyStudyOf(name, chance) : studyOf(name, chance);
      const isStat = climate.stat && number === 1;
      const fromMs = isStat ? chance.between(15_000, 40_000) : chance.between(0, rainMs / 2);
      const [first] = study;
      if (isStat && first !== undefined) {
        const tell = (): void =>
          void box.makeStat(first).then((isTold) => isTold || timeline.after(2_000, tell));
        timeline.after(Math.max(0, fromMs - chance.between(-2_000, 8_000)), tell);
      }
      for (const instance of study) {
        const atMs = fromMs + chance.between(0, chance.pick([500, 20_000]));
        timeline.after(atMs, () =>
          send(box, instance, () => {
            if (chance.is(0.1)) send(box, instance, () => undefined);
            if (chance.is(0.06)) send(box, variantOf(instance), () => undefined);
            if (instance === first && !isLossy && chance.is(0.5)) report(box, instance);
          }),
        );
      }
    }
  }
  return {
    ...{ timeline, oracle, boxes, center, relay, reports, ways, climate, programs },
    trustedBoxes: () => boxes.filter(({ name }) => !revoked.has(name)),
    rainMs,
    unsent: () => unsent,
  };
}
