import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SealingPorts, sealingTurn } from '#appliance/intake/sealing.ts';
import { sealAheadOf, sealingWindow } from '#appliance/intake/sealing-window.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { OpenPack, PendingInstance, SealingStudy } from '#appliance/ports-waiting.ts';

const mib = 1024 ** 2;
const packOf = (sizeBytes: number, of: OpenPack['class'] = 2) =>
  ({ class: of, sizeBytes }) as OpenPack;

const at = Date.UTC(2026, 10, 24, 12);

/** The window at noon, with what the agent says. */
const windowOf = (
  open: readonly OpenPack[],
  agent:
    | { readonly link: 'up' | 'down'; readonly rateBytesPerS: number; readonly heard?: string }
    | undefined,
  sealAheadBytes: number,
) =>
  sealingWindow(
    open,
    agent && { ...agent, lastContactAt: agent.heard ?? null },
    sealAheadBytes,
    at,
  );

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
      untoldCenters: async () => [],
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

test('two hours of the link are sealed ahead, a gigabyte at most, a few packs at least', () => {
  const ahead = (rateBytesPerS: number, open: readonly OpenPack[] = []) =>
    windowOf(open, { link: 'up', rateBytesPerS }, 1024 * mib).bytes;
  assert.equal(ahead(0), 1024 * mib, 'nobody knows the link');
  assert.equal(ahead(1_000_000), 1024 * mib);
  assert.equal(ahead(12_000), 12_000 * 7_200);
  assert.equal(ahead(100), 32 * mib);
  assert.equal(ahead(12_000, [packOf(50 * mib)]), 12_000 * 7_200 - 50 * mib);
});

test('STAT has a window of its own, so the spool is bounded and nothing that waits holds it up', () => {
  const open = [packOf(2_000 * mib), packOf(30 * mib, 0)];
  const window = windowOf(open, { link: 'down', rateBytesPerS: 12_000 }, 100 * mib);
  assert.ok(window.bytes < 0);
  assert.equal(window.statBytes, 70 * mib);
  assert.equal(window.isLinkIdle, false);
});

test('a full disk leaves the reserve to facts and receipts, and delivery goes on', () => {
  const ahead = (
    trouble: 'full' | 'files' | undefined,
    isShort: boolean,
    configured = 1024 * mib,
  ) => sealAheadOf(configured, { trouble: () => trouble, isShort: () => isShort });
  assert.equal(ahead(undefined, false), 1024 * mib);
  assert.equal(ahead('full', false), 64 * mib);
  assert.equal(ahead('files', false), 64 * mib);
  assert.equal(ahead('full', true), 4 * mib);
  assert.equal(ahead('full', false, mib), mib);
});

test('what the link carries in a second does not make it busy', () => {
  const isIdle = (sizeBytes: number, rateBytesPerS: number) =>
    windowOf([packOf(sizeBytes)], { link: 'up', rateBytesPerS }, mib).isLinkIdle;
  assert.equal(isIdle(4_096, 0), true, 'a manifest');
  assert.equal(isIdle(65 * 1024, 0), false);
  assert.equal(isIdle(240_000, 250_000), true);
  assert.equal(isIdle(260_000, 250_000), false);
  assert.equal(windowOf([], undefined, mib).isLinkIdle, false);
});

test('a pack grows with what waits for the link, so do the last ones, and with the link down nothing hurries', () => {
  const targets = (sizeBytes: number, link: 'up' | 'down' = 'up') =>
    windowOf([packOf(sizeBytes)], { link, rateBytesPerS: 250_000 }, 64 * mib).targets;
  const least = 512 * 1024;
  assert.deepEqual(targets(0), { firstTargetBytes: least, tailTargetBytes: least });
  assert.deepEqual(targets(mib), { firstTargetBytes: 4 * mib, tailTargetBytes: least });
  assert.deepEqual(targets(8 * mib), { firstTargetBytes: 32 * mib, tailTargetBytes: 4 * mib });
  assert.deepEqual(targets(0, 'down'), {});
});

test('how long the link is down is told by the last word of the relay; while it is up, or never was, nothing is', () => {
  const downS = (link: 'up' | 'down', heard?: string) =>
    windowOf([], { link, rateBytesPerS: 0, ...(heard && { heard }) }, mib).link.downS;
  assert.equal(downS('down', '2026-11-24T11:58:20.000Z'), 100);
  assert.equal(downS('up', '2026-11-24T11:58:20.000Z'), 0);
  assert.equal(downS('down'), 0);
  assert.equal(downS('down', '2026-11-24T12:30:00.000Z'), 0, 'a clock that was set back');
});
