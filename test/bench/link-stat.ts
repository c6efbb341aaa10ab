import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hex } from '#sync/core/bytes.ts';
import { parseHeader } from '#sync/seal/header.ts';
import type { Order } from '#sync/wire/order.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import { idOf, outsideOfPack } from '../support/pack-bytes.ts';
import { lineBytesPerS, quality } from './link-crossing.ts';
import { present } from './link-figures.ts';
import { readOrder, writeOrder } from './link-order.ts';
import { expectSoon, until } from './link-road.ts';
import { give, type LinkSite } from './link-site.ts';
import { firstAcknowledgedMs, watchSockets } from './link-sockets.ts';
import type { LinkStudy } from './link-study.ts';
import { atMost, type Measured, type Row } from './measured.ts';

const caseName = 'STAT';
export const statDuringBulk = `${caseName}: outpost, pre-sealed`;

const packBytes = 16 * 1024 * 1024;
const bulkPacks = 320;
const statBytes = 1024 * 1024;
/** So long the bulk has the link to itself before STAT comes. */
const bulkAloneMs = 30_000;
const limitS = 180;
const restMs = 5_000;
/** Long enough to see which connections are quiet. */
const watchAheadMs = 3_000;

/** One pack that nobody can open, in place of a real one: a relay cannot tell them apart. */
interface Stand {
  readonly packId: PackId;
  readonly class: 0 | 2;
  readonly sizeBytes: number;
}

interface Pass {
  /** The first bytes of the pack are in the relay's store. */
  readonly firstByteS: number;
  /** The box's kernel knows that the first bytes arrived. */
  readonly acknowledgedS: number;
  readonly doneS: number;
  readonly isFinished: boolean;
}

/**
 * One STAT pack over the idle link, and another while 5 GiB of routine packs are on their way. The programs that would
 * open them are stopped, and the order is written here, as the appliance would. Nothing can be measured on this site
 * afterwards.
 */
export async function measureStat(site: LinkSite, study: LinkStudy): Promise<Measured> {
  await site.stop('boxAgent');
  const mailbox = await mailboxOf(site, study);
  await site.stop('appliance', 'centerAgent', 'center');
  await order(site, []);
  await site.start('boxAgent');
  await setTimeout(restMs);
  const idlePass = await pass(site, await putStat(site, mailbox, 'idle'), []);
  const bulk: Stand[] = [];
  for (let index = 0; index < bulkPacks; index++) bulk.push(await putBulk(site, mailbox, index));
  await order(site, bulk);
  await setTimeout(bulkAloneMs);
  const busyPass = await pass(site, await putStat(site, mailbox, 'busy'), bulk);
  await order(site, []);
  const isMeasured = idlePass.isFinished && busyPass.isFinished;
  const bulkGiB = Math.round((bulkPacks * packBytes) / 1024 ** 3);
  return {
    rows: [
      row(site, 'idle link', idlePass),
      row(site, `while ${bulkGiB} GiB of routine packs are on their way`, busyPass),
    ],
    targets: [
      atMost(
        `STAT during ${bulkGiB} GiB: first byte acknowledged, s`,
        isMeasured ? busyPass.acknowledgedS : Number.NaN,
        1,
      ),
      atMost(
        `STAT during ${bulkGiB} GiB: times the idle link's time`,
        isMeasured ? busyPass.doneS / idlePass.doneS : Number.NaN,
        1.2,
      ),
    ],
    notes: [
      `STAT: ${statBytes / 1024} KiB; from the order on the disk to the custody receipt on the disk of the box. First byte acknowledged: by the box's kernel on a connection that was quiet before, from 4 KiB on; where no such one was used, when the first bytes are in the relay's store, which it writes by the request or by 256 KiB, plus ${quality.delayMs} ms`,
    ],
  };
}

/** The center's mailbox, from the outside of the first pack that the box seals of `study`. */
async function mailboxOf(site: LinkSite, study: LinkStudy): Promise<string> {
  const folder = join(site.boxSpool, 'out', 'new');
  await give(site, study);
  await expectSoon('Sealing', async () => (await readdir(folder)).length > 0);
  const [name = ''] = await readdir(folder);
  const header = parseHeader(await readFile(join(folder, name)));
  if (!header.ok) throw new Error(header.fault.message);
  return hex(header.value.mailbox);
}

function row({ link }: LinkSite, when: string, pass: Pass): Row {
  const { firstByteS, acknowledgedS, doneS, isFinished } = pass;
  return present({
    case: `${caseName}, ${when}`,
    subject: 'outpost, pre-sealed',
    congestion: link.congestion,
    outcome: isFinished ? 'finished' : `not finished after ${limitS} s`,
    firstByteAtRelayS: firstByteS,
    firstByteAcknowledgedS: acknowledgedS,
    doneS: isFinished ? doneS : Number.NaN,
    lineS: statBytes / lineBytesPerS,
  });
}

/** Puts a STAT pack in front of everything and waits for its custody receipt. */
async function pass(site: LinkSite, stand: Stand, behind: readonly Stand[]): Promise<Pass> {
  const limit = AbortSignal.timeout(limitS * 1_000);
  const parts = join(site.relayDir, 'parts');
  const isIn = async (folder: string) =>
    (await readdir(folder)).some((name) => name.includes(stand.packId));
  const sockets = watchSockets(site.link);
  await setTimeout(watchAheadMs);
  const startedMs = performance.now();
  const sinceStart = (): number => (performance.now() - startedMs) / 1_000;
  await order(site, [stand, ...behind]);
  const [firstByteS, doneS] = await Promise.all([
    until(limit, async () => (await isHeld(site, stand.packId)) || isIn(parts), 10).then(
      sinceStart,
    ),
    until(limit, () => isIn(join(site.boxSpool, 'in', 'custody')), 10).then(sinceStart),
  ]);
  sockets.stop();
  const seenMs = firstAcknowledgedMs(sockets.seen, startedMs);
  const acknowledgedS =
    seenMs === undefined ? firstByteS + quality.delayMs / 1_000 : (seenMs - startedMs) / 1_000;
  return { firstByteS, acknowledgedS, doneS, isFinished: !limit.aborted };
}

async function isHeld({ relayDir }: LinkSite, packId: PackId): Promise<boolean> {
  const path = join(relayDir, 'packs', packId.slice(0, 2), `${packId}.spk`);
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function order({ boxSpool }: LinkSite, stands: readonly Stand[]): Promise<void> {
  const now = await readOrder(boxSpool);
  const group = '0'.repeat(32);
  const packs = stands.map((stand): Order['packs'][number] => ({ ...stand, group }));
  await writeOrder(boxSpool, { ...now, packs });
}

async function putStat({ boxSpool }: LinkSite, mailbox: string, seed: string): Promise<Stand> {
  const bytes = outsideOfPack(mailbox, statBytes, `stat ${seed}`);
  bytes[classAt] = 0;
  const packId = idOf(bytes);
  const path = join(boxSpool, 'out', 'new', `${packId}.spk`);
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
  return { packId, class: 0, sizeBytes: bytes.length };
}

/** A sparse file of the largest kind: a header, and noughts instead of ciphertext. */
async function putBulk({ boxSpool }: LinkSite, mailbox: string, index: number): Promise<Stand> {
  const head = Buffer.from(outsideOfPack(mailbox, 0, `bulk ${index}`));
  head.writeBigUInt64BE(BigInt(packBytes), bodySizeAt);
  const sizeBytes = head.length + packBytes;
  const id = createHash('sha256').update(head).update(new Uint8Array(packBytes)).digest('hex');
  const packId = parsePackId(id);
  if (packId === undefined) throw new Error('A SHA-256 is always an id');
  const file = await open(join(boxSpool, 'out', 'new', `${packId}.spk`), 'w', 0o640);
  await file.write(head);
  await file.truncate(sizeBytes);
  await file.close();
  return { packId, class: 2, sizeBytes };
}

/** Where the sending class and the length of the body are in the header (SPK v1). */
const [classAt, bodySizeAt] = [10, 24];
