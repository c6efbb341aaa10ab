import { join } from 'node:path';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys, type RelayFacts } from '#sync/adapters/relay-keys-file.ts';
import type { CenterStatus } from '#sync/center/status.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { hex } from '#sync/core/bytes.ts';
import { layOutSite, type Site, writeRelayConfig } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { startCountingPacs } from '../e2e/crash-oracle.ts';
import { bytesOf, changeConfig, confirmByHand } from '../e2e/site.ts';
import { type Center, centers } from './plan.ts';
import { openWay, type Way } from './way.ts';

/** A center with its relay, its PACS and the way that all agents take to the relay. */
export interface CenterSide {
  readonly center: Center;
  readonly site: Site;
  readonly way: Way;
  /** How often the PACS took each dataset, by digest. */
  readonly atPacs: Map<string, number>;
  /** The operator lets in the box that was paired last, by its words. */
  confirm(typed: string): Promise<void>;
  /** The PACS has no room, until `accept` was called as often. */
  refuse(): void;
  accept(): void;
  /** What the PACS took more than once. */
  storedAgain(): number;
  /** What the center says it may have sent twice; undefined while it does not answer. */
  resentAfterCrash(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Folders, configs and keys of a relay, with the way that all agents take to it. */
interface RelaySide {
  readonly center: Center;
  readonly site: Site;
  readonly way: Way;
  readonly listed: RelayFacts;
}

/**
 * Every center lists both relays, its own first, and both relays let both centers in: who finds a relay away uses the
 * other one.
 */
export async function openCenterSides(
  rootOf: (center: Center) => string,
): Promise<ReadonlyMap<Center, CenterSide>> {
  const relays = await Promise.all(centers.map((center) => openRelay(rootOf(center), center)));
  const sides = new Map<Center, CenterSide>();
  const roots: string[] = [];
  for (const own of relays) {
    const others = relays.filter((each) => each !== own);
    roots.push(await makeKeys(own.site, [own, ...others]));
    sides.set(own.center, await openCenterSide(own));
  }
  for (const { center, site } of relays) {
    await writeRelayConfig(site, '');
    await changeConfig(site.config.relay, { relayId: idOf(center), roots, reserveBytes: 0 });
  }
  return sides;
}

const idOf = (center: Center): string => `relay-${center}`;

async function openRelay(root: string, center: Center): Promise<RelaySide> {
  const site = await layOutSite(root);
  const way = await openWay(site.linkPort, site.relayPort);
  const listed = await makeRelayKeys(join(root, 'relay'), idOf(center), systemRandom);
  return { center, site, way, listed };
}

/** Keys of a center that lists these relays; answers its root. */
async function makeKeys({ root }: Site, relays: readonly RelaySide[]): Promise<string> {
  const list = await makeCenterKeys(
    {
      ...{ name: 'DEMO CENTER', phone: '000', codingMax },
      relays: relays.map(({ site, listed: { id, spki, receipt } }) => ({
        ...{ id, urls: [`https://127.0.0.1:${site.linkPort}`] },
        ...{ spki: bytesOf(spki), receipt: bytesOf(receipt) },
      })),
      dataDir: join(root, 'center'),
      agentDataDir: join(root, 'center-agent'),
      rootDir: join(root, 'stick'),
    },
    systemRandom,
  );
  return hex(list.root);
}

async function openCenterSide({ center, site, way }: RelaySide): Promise<CenterSide> {
  const atPacs = new Map<string, number>();
  let refusals = 0;
  const pacs = await startCountingPacs(site.pacsPort, atPacs, () => refusals === 0);
  return {
    center,
    site,
    way,
    atPacs,
    confirm: (typed) => confirmByHand(site, typed),
    refuse() {
      refusals += 1;
    },
    accept() {
      refusals -= 1;
    },
    storedAgain: () => [...atPacs.values()].reduce((sum, count) => sum + count - 1, 0),
    async resentAfterCrash() {
      const status = await ask<CenterStatus>(site.centerSocket, '/v1/status');
      return status?.counts.resentAfterCrash;
    },
    async close() {
      await pacs.close();
      await way.close();
    },
  };
}
