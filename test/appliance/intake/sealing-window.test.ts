import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SealingPorts, sealingTurn } from '#appliance/intake/sealing.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { PendingInstance, SealingStudy } from '#appliance/ports-waiting.ts';

const mib = 1024 ** 2;

/** A turn of the lane that seals STAT, with one image that waits behind `openBytes` of STAT packs in the spool. */
async function againInMs(openBytes: number): Promise<number> {
  const study: Partial<SealingStudy> = {
    ...{ study: '1.2', class: 0, group: 'aa', manifestVersion: 1, pendingCount: 1 },
    ...{ isOrderTold: true, isPriorityTold: true, isListed: true, listCount: 1 },
  };
  const image: Partial<PendingInstance> = {
    ...{ sopInstanceUid: '1.2.3', datasetSha256: 'ab', arrivedAtMs: 1_000, covered: [] },
    ...{ payloadOffset: 0, payloadSizeBytes: 100, recordOffset: 0, segment: 's' },
  };
  const ports = {
    catalog: {
      openPacks: async () => [{ class: 0, sizeBytes: openBytes }],
      sealingStudies: async () => [study],
      pendingInstances: async () => [image],
      unansweredReports: async () => [],
    },
    spool: { agentState: async () => ({ link: 'down', rateBytesPerS: 0 }) },
    quiet: { isQuiet: () => true },
    sealer: { width: 1 },
    clock: { nowMs: () => 900, monotonicMs: () => 0 },
    log: { info() {}, warn() {}, error() {} },
    random: { bytes: (length: number) => new Uint8Array(length) },
  } as unknown as SealingPorts;
  const config = { packTargetBytes: mib, sealAheadBytes: 64 * mib, manifestIntervalMs: 1_000 };
  const center = { root: 'r' } as Center;
  const addressing = { open: [center], centerOf: () => center };
  return (await sealingTurn(ports, config, addressing, 'prompt')).againInMs;
}

test('behind a full window nothing is looked at every few milliseconds: a receipt wakes', async () => {
  assert.equal(await againInMs(200 * mib), 5_000);
});
