import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openAgentSpool, openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { expectOk } from '#sync/core/result.ts';
import type { Order, SendingClass } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { idOf, outsideOfPack } from './pack-bytes.ts';
import { repositoryDir } from './source-tree.ts';

export const boxMailbox = 'b0'.repeat(16);
export const centerMailbox = 'ce'.repeat(16);
export const otherMailbox = '0f'.repeat(16);

/** A folder that stands for a mounted stick, and what lies in the courier's folder there. */
export interface TestStick {
  readonly dir: string;
  readonly folder: string;
  names(): readonly string[];
}

/** One party: its spool with both sides, and the config of its agent. */
async function prepareParty(root: string, name: string, mailbox: string) {
  const spoolDir = join(root, `${name}-spool`);
  const dataDir = join(root, name);
  mkdirSync(dataDir, { mode: 0o700 });
  const config = join(root, `${name}.json`);
  writeFileSync(config, JSON.stringify({ format: 1, dataDir, spoolDir }));
  return { config, dataDir, ...(await prepareSpool(spoolDir, mailbox)) };
}

/** The spool of a party, or of a center after its first one, with both sides. */
export async function prepareSpool(
  spoolDir: string,
  mailbox: string,
  party?: string,
  center?: { readonly code: string; readonly name: string },
) {
  const clinical = await openClinicalSpool(spoolDir, party);
  const agent = await openAgentSpool(spoolDir, party);
  const relays = [{ id: 'r', urls: ['https://127.0.0.1:1'], spki: 'A'.repeat(43) }];
  const peer = { format: 1, handle: mailbox, ownMailbox: mailbox, relays } as const;
  expectOk(await clinical.writePeer({ ...peer, ...(center && { center }) }));
  return {
    ...{ clinical, agent, spoolDir },
    /** Puts packs into `out/new`, in this order. */
    async send(
      packs: readonly { readonly bytes: Uint8Array; readonly class: SendingClass }[],
    ): Promise<readonly PackId[]> {
      const ids: PackId[] = [];
      for (const { bytes } of packs) {
        const packId = idOf(bytes);
        expectOk(await clinical.putPack(packId, bytes));
        ids.push(packId);
      }
      const listed = packs.map(({ bytes, class: sendingClass }) => ({
        ...{ packId: idOf(bytes), class: sendingClass, sizeBytes: bytes.length },
        group: '00'.repeat(16),
      }));
      const order: Order = { format: 1, wake: 0, packs: listed };
      expectOk(await clinical.writeOrder(order));
      return ids;
    },
  };
}

export type TestParty = Awaited<ReturnType<typeof prepareParty>>;

/** A box, a center and a stick in folders of their own. */
export async function openCourierWorld(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'outpost-courier-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const dir = join(root, 'stick');
  mkdirSync(dir);
  const folder = join(dir, 'OUTPOST');
  const stick: TestStick = { dir, folder, names: () => readdirSync(folder).sort() };
  const box = await prepareParty(root, 'box', boxMailbox);
  const center = await prepareParty(root, 'center', centerMailbox);
  return { root, stick, box, center };
}

/** A pack for `mailbox` as a courier sees it. */
export function packFor(mailbox: string, seed: string, bodySizeBytes = 5_000): Uint8Array {
  return outsideOfPack(mailbox, bodySizeBytes, seed);
}

/** What waits at a box in the tests of the courier: STAT, a study and an older one. */
export const waitingPacks = {
  stat: packFor(centerMailbox, 'stat'),
  data: packFor(centerMailbox, 'data', 200_000),
  prior: packFor(centerMailbox, 'prior'),
};
export const threePacks = [
  { bytes: waitingPacks.data, class: 2 },
  { bytes: waitingPacks.prior, class: 3 },
  { bytes: waitingPacks.stat, class: 0 },
] as const;

/** A box, a center and a stick, and the two commands that carry between them. */
export async function openStickWorld(t: TestContext) {
  const world = await openCourierWorld(t);
  const { box, center, stick } = world;
  return {
    ...world,
    out: (...more: readonly string[]) =>
      courier([
        ...['export', '--to', stick.dir, '--folder', '--json', '--config', box.config],
        ...more,
      ]),
    into: (config = center.config, ...more: readonly string[]) =>
      courier(['import', '--from', stick.dir, '--json', '--config', config, ...more]),
    fileOf: (bytes: Uint8Array) => join(stick.folder, `${idOf(bytes)}.spk`),
  };
}

/** What the command said; `report` is its JSON, when it gave one. */
export interface Said {
  readonly code: number | string;
  readonly out: string;
  readonly error: string;
  readonly report: Readonly<Record<string, unknown>>;
}

/** Runs `outpost courier` in a process of its own, which may be told to die at a failpoint. */
export function courier(args: readonly string[], failpoint?: Failpoint): Promise<Said> {
  const script = join(repositoryDir, 'provisioning/outpost.ts');
  const env = { ...process.env, ...(failpoint && { OUTPOST_FAILPOINT: `${failpoint}:1` }) };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, 'courier', ...args],
      { env: { ...env, NODE_COMPILE_CACHE: compiled }, maxBuffer: 64 * 1024 * 1024 },
      (_, out, error) =>
        resolve({
          ...{ code: child.exitCode ?? child.signalCode ?? 'unknown', out, error },
          report: out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {},
        }),
    );
  });
}

const compiled = join(tmpdir(), 'outpost-compiled');
