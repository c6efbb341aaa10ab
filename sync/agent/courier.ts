import { z } from 'zod';
import { hex, utf8Text } from '../core/bytes.ts';
import { type PackClass, parseHeader } from '../seal/header.ts';
import { sha256 } from '../seal/sha256.ts';
import { largestPackSizeBytes, smallestPackSizeBytes } from '../wire/limits.ts';
import { type PackId, packIdSchema, parsePackId } from '../wire/pack-id.ts';
import type { StickFile, WaitingPack } from './ports-courier.ts';

/** The courier's folder on a stick; it looks nowhere else. */
export const courierFolder = 'OUTPOST';

/** Its list of packs. */
export const indexName = 'index.json';

/** A list of more packs than a stick of terabytes holds is none. */
export const indexSizeBytes = 32 * 1024 * 1024;

const mailbox = z.string().regex(/^[0-9a-f]{32}$/);

const indexSchema = z.strictObject({
  format: z.literal(1),
  /** Mailbox of the party that filled the stick: its answers may ride back. */
  answerTo: mailbox.exactOptional(),
  /** Its mailboxes for the centers after the first. */
  answerAlsoTo: z.array(mailbox).min(1).max(1_000).exactOptional(),
  packs: z.array(z.strictObject({ packId: packIdSchema, sizeBytes: z.int().positive() })),
});

/**
 * What a stick says of itself. Nobody signed it: it tells a person what is missing and whose answers to look for, and
 * decides nothing about a pack.
 */
export type StickIndex = z.infer<typeof indexSchema>;

/** The index in `bytes`; undefined when they hold none. */
export function parseIndex(bytes: Uint8Array): StickIndex | undefined {
  try {
    const parsed = indexSchema.safeParse(JSON.parse(utf8Text(bytes) ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The mailboxes whose answers the stick with `index` is to bring. */
export function mailboxesOf(index: StickIndex | undefined): readonly string[] {
  const { answerTo, answerAlsoTo = [] } = index ?? {};
  return answerTo === undefined ? answerAlsoTo : [answerTo, ...answerAlsoTo];
}

/** The index of the packs in `sizes`, by length, on a stick that was filled by whoever reads the mailboxes `answerTo`. */
export function indexText(sizes: ReadonlyMap<PackId, number>, answerTo: readonly string[]): string {
  const packs = [...sizes].map(([packId, sizeBytes]) => ({ packId, sizeBytes }));
  const [first, ...others] = answerTo;
  const index: StickIndex = {
    format: 1,
    ...(first !== undefined && { answerTo: first }),
    ...(others.length > 0 && { answerAlsoTo: others }),
    packs,
  };
  return `${JSON.stringify(index)}\n`;
}

/** What is on a stick by name alone. */
export interface Sorted {
  readonly packs: readonly (StickFile & { readonly packId: PackId })[];
  /** What was to be a pack and is none. */
  readonly refused: readonly Refused[];
  /** What the courier has nothing to do with. */
  readonly ignored: readonly string[];
  /** Files of a courier that was interrupted. */
  readonly leftovers: readonly string[];
}

/** A pack that is not taken, and why. */
export interface Refused {
  readonly name: string;
  readonly reason: string;
}

/** Sorts the entries of a courier's folder; no file is opened for it. */
export function sortFiles(files: readonly StickFile[]): Sorted {
  const packs: (StickFile & { packId: PackId })[] = [];
  const refused: Refused[] = [];
  const ignored: string[] = [];
  const leftovers: string[] = [];
  for (const file of files) {
    const { name, isFile } = file;
    const packId = parsePackId(name.replace(/\.spk$/, ''));
    if (leftover.test(name)) leftovers.push(name);
    else if (!name.endsWith('.spk')) {
      if (name !== indexName) ignored.push(name);
    } else if (!isFile) refused.push({ name, reason: 'it is no ordinary file' });
    else if (packId === undefined) {
      refused.push({ name, reason: 'its name is not the id of a pack; it may have been renamed' });
    } else packs.push({ ...file, packId });
  }
  return { packs, refused, ignored, leftovers };
}

/** What `temporaryName` gives. */
const leftover = /^\.([0-9a-f]{64}\.spk|index\.json)\.\d+\.\d+$/;

/** What the outside of a file says; a reason when it is no pack, `foreign` when it is somebody else's. */
export type Outside =
  | { readonly outcome: 'own'; readonly class: PackClass; readonly mailbox: string }
  | { readonly outcome: 'foreign' }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Judges a file of `sizeBytes` by its first bytes, for the party that reads `ownMailboxes` (hex). */
export function judgeOutside(
  head: Uint8Array,
  sizeBytes: number,
  ownMailboxes: readonly string[],
): Outside {
  if (sizeBytes < smallestPackSizeBytes) return refusal('it is shorter than any pack');
  if (sizeBytes > largestPackSizeBytes) return refusal('it is longer than any pack');
  const header = parseHeader(head);
  if (!header.ok) return refusal('it does not begin like a sealed pack');
  const { sizeBytes: wanted, mailbox, class: packClass } = header.value;
  if (sizeBytes < wanted) return refusal(`it is cut: ${sizeBytes} of ${wanted} bytes are there`);
  if (sizeBytes > wanted) return refusal('something was added behind its end');
  const to = hex(mailbox);
  return ownMailboxes.includes(to)
    ? { outcome: 'own', class: packClass, mailbox: to }
    : { outcome: 'foreign' };
}

/** Whether `bytes` are the pack of that id; a reason when not. */
export function judgeBytes(packId: PackId, bytes: Uint8Array): string | undefined {
  if (hex(sha256(bytes)) === packId) return undefined;
  return 'its content is not what its name says: damaged, or changed on the way';
}

/**
 * The packs of several centers, each in its own sending order, as one: the most urgent class first, and in a class the
 * center that has the fewest bytes before it, so that a stick that is too small carries something of each.
 */
export function mergeWaiting(queues: readonly (readonly WaitingPack[])[]): readonly WaitingPack[] {
  const lanes = queues.map((packs) => ({ packs, next: 0, bytes: 0 }));
  const merged: WaitingPack[] = [];
  for (;;) {
    let best: { readonly lane: (typeof lanes)[number]; readonly pack: WaitingPack } | undefined;
    for (const lane of lanes) {
      const pack = lane.packs[lane.next];
      if (pack === undefined) continue;
      const order = best && (pack.class - best.pack.class || lane.bytes - best.lane.bytes);
      if (order === undefined || order < 0) best = { lane, pack };
    }
    if (best === undefined) return merged;
    merged.push(best.pack);
    best.lane.next += 1;
    best.lane.bytes += best.pack.sizeBytes;
  }
}

/** What an export does with the packs that were chosen. */
export interface ExportPlan {
  readonly write: readonly WaitingPack[];
  /** On the stick already, by name and length: they are read again. */
  readonly there: readonly WaitingPack[];
  /** No room on the stick, or behind the limit. */
  readonly leftOut: readonly WaitingPack[];
}

/**
 * Plans in sending order. What is there costs nothing of the limit; a pack that does not fit ends the list of what
 * is written, so that nothing overtakes it.
 */
export function planExport(
  waiting: readonly WaitingPack[],
  onStick: ReadonlyMap<PackId, number>,
  room: { readonly freeBytes: number; readonly unitBytes: number; readonly limitBytes: number },
): ExportPlan {
  const write: WaitingPack[] = [];
  const there: WaitingPack[] = [];
  const leftOut: WaitingPack[] = [];
  const unit = Math.max(1, room.unitBytes);
  let free = room.freeBytes - reserveOnStickBytes;
  let limit = room.limitBytes;
  for (const pack of waiting) {
    const costBytes = Math.ceil(pack.sizeBytes / unit) * unit;
    if (onStick.get(pack.packId) === pack.sizeBytes) there.push(pack);
    else if (leftOut.length > 0 || costBytes > free || pack.sizeBytes > limit) leftOut.push(pack);
    else {
      write.push(pack);
      free -= costBytes;
      limit -= pack.sizeBytes;
    }
  }
  return { write, there, leftOut };
}

/** The index and the folder itself need room too. */
const reserveOnStickBytes = 1024 * 1024;

/** Bytes in `text`: digits with K, M or G (powers of 1000); undefined when it says none. */
export function parseLimit(text: string): number | undefined {
  const [, digits, unit = ''] = /^([1-9]\d{0,11})([KMG]?)$/i.exec(text) ?? [];
  const factor = { '': 1, K: 1e3, M: 1e6, G: 1e9 }[unit.toUpperCase()];
  const bytes = digits === undefined || factor === undefined ? Number.NaN : Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function refusal(reason: string): Outside {
  return { outcome: 'refused', reason };
}
