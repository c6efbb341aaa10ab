import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { PackClass } from '../seal/header.ts';
import { largestPackSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import {
  type ExportPlan,
  indexName,
  indexSizeBytes,
  indexText,
  judgeBytes,
  mailboxesOf,
  parseIndex,
  planExport,
  type Refused,
  type StickIndex,
  sortFiles,
} from './courier.ts';
import type { CourierSource, Stick, WaitingPack } from './ports-courier.ts';

/** How far a courier is. */
export interface Progress {
  readonly packs: number;
  readonly ofPacks: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface ExportPorts {
  readonly source: CourierSource;
  readonly stick: Stick;
  readonly onProgress: (progress: Progress) => void;
}

export interface ExportChoice {
  /** Only packs for this mailbox, hex. */
  readonly mailbox: string | undefined;
  /** A relay keeps packs of many: without a mailbox those are meant whose answers the stick is to bring. */
  readonly isRelay: boolean;
  /** Only packs of this class and the more urgent ones. */
  readonly lastClass: PackClass;
  /** At most so many bytes more on the stick. */
  readonly limitBytes: number;
  /** Mailboxes of this party, for the way back; a relay is no party and has none. */
  readonly answerTo: readonly string[];
}

export interface Exported {
  readonly written: readonly PackId[];
  readonly writtenBytes: number;
  /** On the stick already, read again and whole. */
  readonly there: readonly PackId[];
  readonly refused: readonly Refused[];
  readonly leftOut: readonly PackId[];
  readonly leftOutBytes: number;
  /** Files on the stick that are none of the courier's. */
  readonly ignored: readonly string[];
  /** What ended it early; the packs above are whole on the stick all the same. */
  readonly stopped: Fault | undefined;
}

/**
 * Copies waiting packs to a stick, the most urgent first. They stay where they wait, so the link may overtake the
 * stick: the id makes that harmless. It may be interrupted anywhere and run again: what is whole is not written twice.
 */
export async function exportPacks(
  ports: ExportPorts,
  choice: ExportChoice,
): Promise<Result<Exported, Fault>> {
  const { source, stick } = ports;
  const waiting = await source.waiting();
  if (!waiting.ok) return waiting;
  const files = await stick.list();
  if (!files.ok) return files;
  const sorted = sortFiles(files.value);
  const index = await indexOf(stick);
  const asked = choice.isRelay ? mailboxesOf(index) : [];
  const mailboxes = choice.mailbox === undefined ? asked : [choice.mailbox];
  if (choice.isRelay && mailboxes.length === 0) return fail(whichMailbox(waiting.value));
  for (const name of sorted.leftovers) await stick.remove(name);
  const space = await stick.space();
  if (!space.ok) return space;
  const sizes = new Map(sorted.packs.map(({ packId, sizeBytes }) => [packId, sizeBytes]));
  const chosen = waiting.value.filter(
    ({ class: packClass, mailbox }) =>
      packClass <= choice.lastClass && (mailboxes.length === 0 || mailboxes.includes(mailbox)),
  );
  const plan = planExport(chosen, sizes, { ...space.value, limitBytes: choice.limitBytes });
  const copied = await copyAll(ports, plan, sizes);
  let { stopped } = copied;
  if (stopped === undefined) {
    const answerTo = choice.answerTo.length > 0 ? choice.answerTo : mailboxesOf(index);
    const listed = await stick.putIndex(indexText(sizes, answerTo));
    if (!listed.ok) stopped = listed.fault;
  }
  return ok({
    ...{ ...copied, stopped, ignored: sorted.ignored },
    leftOut: plan.leftOut.map(({ packId }) => packId),
    leftOutBytes: plan.leftOut.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });
}

/** Writes what `plan` says and reads again what is there; `sizes` gets the packs that came onto the stick. */
async function copyAll(
  { source, stick, onProgress }: ExportPorts,
  plan: ExportPlan,
  sizes: Map<PackId, number>,
): Promise<Omit<Exported, 'leftOut' | 'leftOutBytes' | 'ignored'>> {
  const work = [...plan.there, ...plan.write];
  const ofBytes = work.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const written: PackId[] = [];
  const there: PackId[] = [];
  const refused: Refused[] = [];
  const isThere = new Set(plan.there);
  let writtenBytes = 0;
  let stopped: Fault | undefined;
  let bytes = 0;
  for (const [at, pack] of work.entries()) {
    const { packId, sizeBytes } = pack;
    onProgress({ packs: at, ofPacks: work.length, bytes, ofBytes });
    bytes += sizeBytes;
    if (isThere.has(pack) && (await isWhole(stick, packId))) {
      there.push(packId);
      continue;
    }
    const content = await source.read(packId);
    // It left meanwhile: the link was faster, or a person called it back.
    if (content === undefined) continue;
    const reason = judgeBytes(packId, content);
    if (reason !== undefined) {
      refused.push({ name: `${packId}.spk`, reason });
      continue;
    }
    const put = await stick.put(packId, content);
    if (!put.ok) {
      stopped = put.fault;
      break;
    }
    sizes.set(packId, sizeBytes);
    written.push(packId);
    writtenBytes += sizeBytes;
  }
  onProgress({ packs: written.length + there.length, ofPacks: work.length, bytes, ofBytes });
  return { written, writtenBytes, there, refused, stopped };
}

/** What the stick says of itself; undefined when it says nothing that can be read. */
export async function indexOf(stick: Stick): Promise<StickIndex | undefined> {
  const read = await stick.read(indexName, indexSizeBytes);
  return read.ok ? parseIndex(read.value) : undefined;
}

async function isWhole(stick: Stick, packId: PackId): Promise<boolean> {
  const read = await stick.read(`${packId}.spk`, largestPackSizeBytes);
  return read.ok && judgeBytes(packId, read.value) === undefined;
}

function whichMailbox(waiting: readonly WaitingPack[]): Fault<'courier/which-mailbox'> {
  const counts = new Map<string, number>();
  for (const { mailbox } of waiting) counts.set(mailbox, (counts.get(mailbox) ?? 0) + 1);
  const known = [...counts].map(([mailbox, count]) => `${mailbox} (${count})`).slice(0, 20);
  return fault(
    'courier/which-mailbox',
    'Cannot tell whose packs to write: the stick does not say who filled it',
    known.length === 0
      ? 'Nothing waits at this relay'
      : `Name a mailbox with --mailbox; packs wait for ${known.join(', ')}`,
  );
}
