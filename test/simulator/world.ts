import { hex, utf8 } from '#sync/core/bytes.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { runAgent, spoolOf } from './agent-station.ts';
import { type BoxStation, createBoxStation } from './box-station.ts';
import { type Bug, mistakesOf } from './bugs.ts';
import { type CenterStation, createCenterStation } from './center-station.ts';
import { createMachineDisk, type MachineDisk } from './disk/mount.ts';
import { rain } from './faults.ts';
import { centerTransport } from './keys.ts';
import { createMachines } from './machines.ts';
import { sendUntilAccepted, studyOf, variantOf } from './modality.ts';
import { createWay, type Way } from './network.ts';
import { createOracle, type Oracle } from './oracle.ts';
import type { Program } from './program.ts';
import { createRelayStation, type RelayStation } from './relay-station.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** All that one seed made. */
export interface World {
  readonly timeline: Timeline;
  readonly oracle: Oracle;
  readonly boxes: readonly BoxStation[];
  readonly center: CenterStation;
  readonly relay: RelayStation;
  readonly programs: readonly Program[];
  /** What the modalities have still to send. */
  unsent(): number;
  /** Digests of the reports that the reader dropped. */
  readonly reports: ReadonlyMap<string, BoxStation>;
}

const startMs = Date.UTC(2026, 0, 15, 12);

/** Builds a world and sets it going: faults until `rainMs`, then none. */
export function openWorld(seed: number, rainMs: number, bug?: Bug): World {
  const timeline = createTimeline(seed);
  const { chance } = timeline;
  const diskWith = (...folders: string[]): MachineDisk =>
    createMachineDisk(timeline, folders, mistakesOf(bug));
  const relay = createRelayStation(timeline, diskWith('relay'));
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
  const names = chance.is(0.3) ? ['box-1', 'box-2'] : ['box-1'];
  const boxes: readonly BoxStation[] = names.map((name) => {
    const disk = diskWith('spool', 'data', 'keys', 'agent');
    return createBoxStation(name, timeline, disk, () => oracle, bug);
  });
  const center: CenterStation = createCenterStation(
    timeline,
    diskWith('spool', 'data', 'reports', 'agent'),
    boxes.map((box) => box.keys),
    oracle,
    bug,
  );

  let skewMs = 0;
  const { programs, powerCuts, launch } = createMachines(timeline, {
    ...{ timeline, oracle, seed, startMs },
    skewMs: () => skewMs,
    isFaulty: () => timeline.elapsedMs() < rainMs,
  });
  const ways: Way[] = [];
  launch(relay.machine, { relay });
  for (const station of [center, ...boxes]) {
    const name = 'keys' in station ? station.name : 'center';
    const transport = 'keys' in station ? station.keys.transport : centerTransport;
    const way = createWay(`link of ${name}`, timeline, relay.door);
    ways.push(way);
    launch(station.machine, {
      [name]: station,
      [`agent of ${name}`]: {
        run: (life, random) => runAgent(life, station.machine, way, transport, random),
        onCrash: () => undefined,
      },
    });
  }
  rain(timeline, { ways, powerCuts, pacs: center.pacs, setSkewMs: (ms) => (skewMs = ms) }, rainMs);
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

  for (const box of boxes) {
    for (let number = chance.whole(1, 2); number > 0; number--) {
      const study = studyOf(`${seed}/${box.name}/${number}`, chance);
      const fromMs = chance.between(0, rainMs / 2);
      for (const instance of study) {
        const atMs = fromMs + chance.between(0, chance.pick([500, 20_000]));
        timeline.after(atMs, () =>
          send(box, instance, () => {
            if (chance.is(0.1)) send(box, instance, () => undefined);
            if (chance.is(0.06)) send(box, variantOf(instance), () => undefined);
            if (instance === study[0] && chance.is(0.5)) report(box, instance);
          }),
        );
      }
    }
  }
  return {
    ...{ timeline, oracle, boxes, center, relay, reports },
    programs,
    unsent: () => unsent,
  };
}
