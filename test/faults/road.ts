import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { InstanceList } from '#appliance/api/contract.ts';
import { boxAeTitle, callingAeTitle } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { type CrashRoad, openCrashRoad } from '../e2e/crash-road.ts';
import { freePort } from '../support/free-port.ts';
import { sendStudy } from '../support/modality.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { type ChaosProxy, openChaosProxy } from './chaos-proxy.ts';

/** The whole road of real processes, where every call of an agent to the relay goes through a proxy. */
export interface FaultRoad {
  readonly road: CrashRoad;
  readonly proxy: ChaosProxy;
  /** Sends a study and waits until each object is acknowledged by the box. */
  send(study: readonly SyntheticInstance[]): Promise<void>;
  /** Waits until the box has the receipt of the center for every object of the study. */
  delivered(study: readonly SyntheticInstance[], limitMs: number): Promise<void>;
}

/** `boxSide` is what runs at the clinic; a test that starts it another way names nothing. */
export async function openFaultRoad(
  t: TestContext,
  boxSide: readonly ('appliance' | 'boxAgent')[] = ['appliance', 'boxAgent'],
): Promise<FaultRoad> {
  const road = await openCrashRoad(t);
  const { site } = road;
  await road.site.confirmBox();
  const relayPort = await freePort();
  const config = JSON.parse(await readFile(site.config.relay, 'utf8')) as object;
  await writeFile(site.config.relay, JSON.stringify({ ...config, port: relayPort }));
  const keys = join(site.root, 'relay', 'keys');
  const proxy = await openChaosProxy(site.relayPort, relayPort, keys);
  t.after(() => proxy.close());
  await road.start('relay').ready;
  const others = (['centerAgent', 'center', ...boxSide] as const).map((name) => road.start(name));
  await Promise.all(others.map(({ ready }) => ready));
  return {
    road,
    proxy,
    send: async (study) => {
      const to = { host: '127.0.0.1', port: site.dicomPort };
      const statuses = await sendStudy(
        { ...to, callingAeTitle, calledAeTitle: boxAeTitle },
        study.map(({ part10 }) => part10),
        { signal: AbortSignal.timeout(20_000) },
      );
      if (statuses.some(({ kind }) => kind !== 'stored')) throw new Error('Not taken by the box');
    },
    delivered: (study, limitMs) =>
      until('the study is delivered', limitMs, async () => {
        const list = await ask<InstanceList>(site.applianceSocket, '/v1/instances');
        const states = new Map(list?.instances.map((each) => [each.datasetSha256, each.state]));
        return study.every(({ datasetSha256 }) => states.get(datasetSha256) === 'delivered')
          ? true
          : undefined;
      }).then(() => undefined),
  };
}
