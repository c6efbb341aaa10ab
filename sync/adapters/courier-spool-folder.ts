import { lstat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeWaiting } from '../agent/courier.ts';
import type { CourierSource, CourierSpool, WaitingPack } from '../agent/ports-courier.ts';
import { hex } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sanitize } from '../core/sanitize.ts';
import { fixedHeaderSize, parseHeader } from '../seal/header.ts';
import { documentSizeBytes, largestPackSizeBytes } from '../wire/limits.ts';
import { orderSchema } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import { peerSchema } from '../wire/peer.ts';
import type { SpoolFault } from '../wire/spool.ts';
import { writeDurably } from './durable-file.ts';
import {
  inPaths,
  makeFolders,
  openForeign,
  outPaths,
  packsIn,
  partiesIn,
  readBounded,
  readRange,
  readRegister,
  type SpoolPaths,
  spoolFileMode,
  written,
} from './spool-folder-files.ts';

/**
 * What waits in the spool in `dir`, for each center of a box or for one of them, as the agent would send it: in order,
 * and nothing that its order does not name.
 */
export function sourceOfSpool(dir: string, only?: SpoolCenter): CourierSource {
  const folders = new Map<PackId, string>();
  return {
    waiting: async () => {
      const queues: (readonly WaitingPack[])[] = [];
      for (const party of only ? [only.party] : await allParties(dir)) {
        const waiting = await waitingOf(dir, party);
        if (!waiting.ok) return waiting;
        for (const { packId } of waiting.value) folders.set(packId, outPaths(dir, party).new);
        queues.push(waiting.value);
      }
      return ok(mergeWaiting(queues));
    },
    read: async (packId) => {
      const folder = folders.get(packId);
      if (folder === undefined) return undefined;
      const bytes = await readBounded(join(folder, `${packId}.spk`), largestPackSizeBytes);
      return bytes.ok ? bytes.value : undefined;
    },
  };
}

/** A center of a box, by its place in the spool; undefined: the spool itself. */
export interface SpoolCenter {
  readonly party: string | undefined;
}

/** The one center of that code or name; the fault names those that there are. */
export async function centerOfSpool(
  dir: string,
  named: string,
): Promise<Result<SpoolCenter, Fault<'courier/which-center'>>> {
  const found: SpoolCenter[] = [];
  const known: string[] = [];
  for (const party of await allParties(dir)) {
    const path = join(outPaths(dir, party).root, 'peer.json');
    const peer = await readRegister(path, documentSizeBytes, peerSchema);
    const center = peer.ok ? peer.value.center : undefined;
    if (center === undefined) continue;
    known.push(`${sanitize(center.code)} ${sanitize(center.name)}`);
    if (center.code === named || plainName(center.name) === plainName(named)) found.push({ party });
  }
  const [only] = found;
  if (only && found.length === 1) return ok(only);
  const message =
    found.length > 1
      ? 'Cannot tell which center is meant: several have that name'
      : 'Cannot tell which center is meant: this machine serves none of that name';
  const next =
    known.length === 0
      ? 'Leave out --center: no center of this spool has a name here'
      : `Name one by its code: ${known.join(', ')}`;
  return fail(fault('courier/which-center', message, next));
}

/** Two spellings of one name are one center. */
function plainName(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

/** The first center, which has the spool itself, and those after it. */
async function allParties(dir: string): Promise<readonly (string | undefined)[]> {
  return [undefined, ...(await partiesIn(dir))];
}

async function waitingOf(
  dir: string,
  party: string | undefined,
): Promise<Result<readonly WaitingPack[], SpoolFault>> {
  const out = outPaths(dir, party);
  const order = await readRegister(join(out.root, 'order.json'), documentSizeBytes, orderSchema);
  if (!order.ok) return order.fault.kind === 'spool/missing' ? ok([]) : order;
  const packs: WaitingPack[] = [];
  for (const { packId, class: sendingClass } of order.value.packs) {
    const path = join(out.new, `${packId}.spk`);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isFile()) continue;
    const mailbox = await mailboxOf(path);
    packs.push({ packId, sizeBytes: found.size, class: sendingClass, mailbox });
  }
  const stat = packs.filter((pack) => pack.class === 0);
  return ok([...stat, ...packs.filter((pack) => pack.class !== 0)]);
}

/**
 * The agent's side of the spool in `dir` for a courier, who may work while an agent runs: all that it does there is
 * to add whole packs under their ids, which an agent does too, and whoever comes second changes nothing.
 */
export function courierSpool(dir: string): CourierSpool {
  const put = (incoming: SpoolPaths, packId: PackId, bytes: Uint8Array) =>
    written(() =>
      writeDurably(join(incoming.new, `${packId}.spk`), bytes, {
        ...{ mode: spoolFileMode, temporaryDir: incoming.tmp, as: 'courier-taken' },
      }),
    );
  return {
    ownMailboxes: async () => {
      const read = await mailboxesIn(dir);
      return read.ok ? ok([...read.value.keys()]) : read;
    },
    held: async () => {
      const held = new Set<PackId>();
      for (const party of await allParties(dir)) {
        for (const packId of await packsIn(inPaths(dir, party).new, '.spk')) held.add(packId);
      }
      return held;
    },
    put: async (mailbox, packId, bytes) => {
      const mailboxes = await mailboxesIn(dir);
      if (!mailboxes.ok) return mailboxes;
      const incoming = inPaths(dir, mailboxes.value.get(mailbox));
      const first = await put(incoming, packId, bytes);
      if (first.ok || first.fault.kind !== 'spool/missing') return first;
      // The folders are not made yet, or an agent started just now and swept the temporary file away.
      const made = await written(() => makeFolders(incoming));
      return made.ok ? put(incoming, packId, bytes) : made;
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(dir);
      return bavail * bsize;
    },
  };
}

/** Which center writes into which mailbox; one whose pairing is not complete has none. */
async function mailboxesIn(
  dir: string,
): Promise<Result<ReadonlyMap<string, string | undefined>, SpoolFault>> {
  const mailboxes = new Map<string, string | undefined>();
  let missing: SpoolFault | undefined;
  for (const party of await allParties(dir)) {
    const path = join(outPaths(dir, party).root, 'peer.json');
    const peer = await readRegister(path, documentSizeBytes, peerSchema);
    // A mailbox that two centers name is the earlier one's.
    if (peer.ok && !mailboxes.has(peer.value.ownMailbox)) {
      mailboxes.set(peer.value.ownMailbox, party);
    } else if (peer.ok) continue;
    else if (peer.fault.kind === 'spool/missing') missing ??= peer.fault;
    else return peer;
  }
  return missing !== undefined && mailboxes.size === 0 ? fail(missing) : ok(mailboxes);
}

/** Whom a pack is for; nobody when its outside cannot be read. */
async function mailboxOf(path: string): Promise<string> {
  try {
    const file = await openForeign(path);
    try {
      const header = parseHeader(await readRange(file, 0, fixedHeaderSize));
      return header.ok ? hex(header.value.mailbox) : '';
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
