import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { fixedHeaderSize, type PackClass } from '../seal/header.ts';
import { largestPackSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import {
  indexText,
  judgeBytes,
  judgeOutside,
  mailboxesOf,
  type Refused,
  type Sorted,
  sortFiles,
} from './courier.ts';
import { indexOf, type Progress } from './courier-export.ts';
import type { CourierSpool, Stick, StickFile } from './ports-courier.ts';

export interface ImportPorts {
  readonly stick: Stick;
  readonly spool: CourierSpool;
  readonly onProgress: (progress: Progress) => void;
}

export interface Imported {
  readonly taken: readonly PackId[];
  readonly takenBytes: number;
  /** In the spool already. */
  readonly there: readonly PackId[];
  /** Sealed to somebody else; they stay on the stick. */
  readonly foreign: readonly PackId[];
  readonly refused: readonly Refused[];
  /** Files on the stick that are none of the courier's. */
  readonly ignored: readonly string[];
  /** The stick's list names them and they are not there. */
  readonly missing: readonly PackId[];
  /** Good as far as they were looked at; the disk has no room for them. */
  readonly noRoom: readonly PackId[];
  readonly stopped: Fault | undefined;
}

type Own = StickFile & {
  readonly packId: PackId;
  readonly class: PackClass;
  readonly mailbox: string;
};

/** Bytes of the spool's disk that a stick leaves free. */
const reserveBytes = 256 * 1024 * 1024;

/**
 * Takes the packs of a stick that are for this party, the most urgent first, into the spool: as the agent does with
 * what it fetched, and proven by the same hash. With `isClearing` what is safe here leaves the stick.
 */
export async function importPacks(
  ports: ImportPorts,
  isClearing: boolean,
): Promise<Result<Imported, Fault>> {
  const { stick, spool } = ports;
  const ownMailboxes = await spool.ownMailboxes();
  if (!ownMailboxes.ok) return fail(notPaired(ownMailboxes.fault));
  const files = await stick.list();
  if (!files.ok) return files;
  const { packs, refused: unnamed, ignored, leftovers } = sortFiles(files.value);
  const judged = await judgeAll(stick, packs, ownMailboxes.value);
  if (!judged.ok) return judged;
  const { own, foreign, refused: noPacks } = judged.value;
  const index = await indexOf(stick);
  const names = new Set<string>(packs.map(({ packId }) => packId));
  const missing = (index?.packs ?? []).flatMap(({ packId }) => (names.has(packId) ? [] : [packId]));

  const took = await takeAll(ports, own, isClearing);
  let { stopped } = took;
  const gone = new Set<string>([...took.taken, ...took.there]);
  if (isClearing && index !== undefined && gone.size > 0 && stopped === undefined) {
    const left = packs.filter(({ packId }) => !gone.has(packId));
    const sizes = new Map(left.map(({ packId, sizeBytes }) => [packId, sizeBytes]));
    const listed = await stick.putIndex(indexText(sizes, mailboxesOf(index)));
    if (!listed.ok) stopped = listed.fault;
  }
  const refused = [...unnamed, ...leftovers.map(halfWritten), ...noPacks, ...took.refused];
  return ok({ ...took, stopped, refused, foreign, ignored, missing });
}

/** What the outsides of the files say: whose they are, and in which order those of this party are taken. */
async function judgeAll(
  stick: Stick,
  packs: Sorted['packs'],
  ownMailboxes: readonly string[],
): Promise<
  Result<Pick<Imported, 'foreign' | 'refused'> & { readonly own: readonly Own[] }, Fault>
> {
  const own: Own[] = [];
  const foreign: PackId[] = [];
  const refused: Refused[] = [];
  for (const file of packs) {
    const head = await stick.readHead(file.name, fixedHeaderSize);
    if (!head.ok) {
      const gone = await stick.list();
      if (!gone.ok) return gone;
      refused.push({ name: file.name, reason: head.fault.message });
      continue;
    }
    const outside = judgeOutside(head.value, file.sizeBytes, ownMailboxes);
    if (outside.outcome === 'foreign') foreign.push(file.packId);
    else if (outside.outcome === 'own') {
      own.push({ ...file, class: outside.class, mailbox: outside.mailbox });
    } else refused.push({ name: file.name, reason: outside.reason });
  }
  return ok({ own: own.sort((a, b) => a.class - b.class), foreign, refused });
}

/** Takes `own` into the spool, one after another; with `isClearing` each leaves the stick once it is safe here. */
async function takeAll(
  { stick, spool, onProgress }: ImportPorts,
  own: readonly Own[],
  isClearing: boolean,
): Promise<Omit<Imported, 'foreign' | 'ignored' | 'missing'>> {
  const held = await spool.held();
  const ofBytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const taken: PackId[] = [];
  const there: PackId[] = [];
  const noRoom: PackId[] = [];
  const refused: Refused[] = [];
  let takenBytes = 0;
  let stopped: Fault | undefined;
  let bytes = 0;
  for (const [at, { packId, name, sizeBytes, mailbox }] of own.entries()) {
    onProgress({ packs: at, ofPacks: own.length, bytes, ofBytes });
    bytes += sizeBytes;
    if (!held.has(packId)) {
      if ((await spool.freeBytes()) < sizeBytes + reserveBytes) {
        noRoom.push(packId);
        continue;
      }
      const content = await stick.read(name, largestPackSizeBytes);
      if (!content.ok) {
        // One place that cannot be read is one pack; a stick that was pulled is all of them.
        const listed = await stick.list();
        if (!listed.ok) {
          stopped = listed.fault;
          break;
        }
        refused.push({ name, reason: content.fault.message });
        continue;
      }
      const reason = judgeBytes(packId, content.value);
      if (reason !== undefined) {
        refused.push({ name, reason });
        continue;
      }
      const put = await spool.put(mailbox, packId, content.value);
      if (!put.ok) {
        stopped = put.fault;
        break;
      }
      takenBytes += sizeBytes;
    }
    (held.has(packId) ? there : taken).push(packId);
    if (isClearing) await stick.remove(name);
  }
  onProgress({ packs: taken.length + there.length, ofPacks: own.length, bytes, ofBytes });
  return { taken, takenBytes, there, refused, noRoom, stopped };
}

function halfWritten(name: string): Refused {
  return { name, reason: 'it is half written: the stick was pulled, or the machine went off' };
}

function notPaired(cause: Fault): Fault {
  if (cause.kind !== 'spool/missing') return cause;
  return fault(
    'courier/not-paired',
    'Cannot take packs: this machine does not know its mailbox yet',
    'Pair it with a center first',
  );
}
