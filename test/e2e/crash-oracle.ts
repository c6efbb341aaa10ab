import { createHash } from 'node:crypto';
import type { InstanceList, StudyDetail } from '#appliance/api/contract.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { ask } from '../demo/socket-client.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import type { CrashSite } from './site.ts';

/** What was promised to the outside, and what came out at the far end; all of it outside of the programs. */
export interface CrashLedger {
  /** Datasets that the box said success to, or that were left in its hot folder, by digest. */
  readonly acknowledged: Map<string, SyntheticInstance>;
  /** How often the PACS took each dataset, by digest. */
  readonly atPacs: Map<string, number>;
  /** Text of the report of a study, by StudyInstanceUID. */
  readonly reports: Map<string, string>;
}

/**
 * A PACS in this process: it counts what it takes, by the digest of the very bytes. While `mayTake` says no it
 * answers that it has no room.
 */
export async function startCountingPacs(
  port: number,
  taken: Map<string, number>,
  mayTake: () => boolean = () => true,
) {
  const scp = createStorageScp(
    {
      admit: () => 'accept',
      begin: async () => {
        const hash = createHash('sha256');
        return ok({
          write: (bytes: Uint8Array) => {
            hash.update(bytes);
            return true;
          },
          drained: async () => undefined,
          finish: async () => {
            if (!mayTake()) return { status: 0xa700 };
            const digest = hash.digest('hex');
            taken.set(digest, (taken.get(digest) ?? 0) + 1);
            return { status: 0x0000 };
          },
          abort: () => undefined,
        });
      },
    },
    {
      host: '127.0.0.1',
      port,
      aeTitles: ['PACS'],
      limits: { connectionsPerAddressPerS: 1_000, closeTimeoutMs: 200 },
    },
    silentLog,
  );
  await scp.listen();
  return scp;
}

/** What is not as it must be yet (I1, I3, I5), or undefined. */
export async function missingOf(
  site: Pick<CrashSite, 'applianceSocket'>,
  { acknowledged, atPacs, reports }: CrashLedger,
): Promise<string | undefined> {
  const absent = [...acknowledged.keys()].filter((digest) => !atPacs.has(digest));
  if (absent.length > 0) return `${absent.length} of ${acknowledged.size} are not at the PACS`;
  const instances = await instancesOf(site.applianceSocket);
  if (!instances) return 'the appliance does not answer';
  const digests = new Set(instances.map(({ datasetSha256 }) => datasetSha256));
  if (digests.size !== instances.length) return 'an instance is in the catalog twice';
  const lost = [...acknowledged.keys()].filter((digest) => !digests.has(digest));
  if (lost.length > 0) return `${lost.length} are not in the catalog`;
  const open = instances.filter(({ state }) => state !== 'delivered');
  if (open.length > 0) return `${open.length} instances are still "${open[0]?.state}" at the box`;
  for (const [uid, text] of reports) {
    const detail = await ask<StudyDetail>(site.applianceSocket, `/v1/studies/${uid}`);
    if (detail?.reports.length !== 1 || detail.reports[0]?.text?.trim() !== text) {
      return `${detail?.reports.length} reports of a study are at the box, where one is expected`;
    }
  }
  return undefined;
}

/** All that the box has, page by page. */
async function instancesOf(socket: string): Promise<InstanceList['instances'] | undefined> {
  const all: InstanceList['instances'] = [];
  for (let after: string | null = ''; after !== null; ) {
    const query: string = after === '' ? '' : `?after=${encodeURIComponent(after)}`;
    const page: InstanceList | undefined = await ask(socket, `/v1/instances${query}`);
    if (!page) return undefined;
    all.push(...page.instances);
    after = page.next;
  }
  return all;
}
