import type { CenterStatus } from '#sync/center/status.ts';
import { layOutSite, type Site } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { startCountingPacs } from '../e2e/crash-oracle.ts';
import { confirmByHand, openCenter } from '../e2e/site.ts';
import type { Center } from './plan.ts';
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

export async function openCenterSide(root: string, center: Center): Promise<CenterSide> {
  const site = await layOutSite(root);
  await openCenter(site, site.linkPort);
  const way = await openWay(site.linkPort, site.relayPort);
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
