import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeliveredLine, QuarantineReason, StudyStore } from '../center/ports-store.ts';
import type { LedgerEntry } from '../center/rows.ts';
import { passage } from '../core/failpoint.ts';
import {
  appendDurably,
  isThere,
  makeDurableFolder,
  namesIn,
  onDisk,
  putFile,
  readHead,
  readIfThere,
  readPieces,
  sizeIfThere,
} from './center-disk.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { parse, readJson } from './study-store-folder-file.ts';
import { heldPacks } from './study-store-folder-held.ts';
import { joinRanges } from './study-store-folder-join.ts';

// A name that is found may be one that an earlier run gave, and was killed before its fsync: it is made durable before
// anything rests on it.

/** So many files of one pack are written at once: their fsyncs share the disk's round trips. */
const writersAtOnce = 8;

/**
 * The center's files below `dataDir`, all mode 0600. A study's folder is named by the SHA-256 of its UID, since a
 * UID may be of any length and identifies the patient to whoever lists the folder.
 *
 *   studies/<study>/<datasetSha256>.dcm             whole Part 10 objects
 *   studies/<study>/ranges/<datasetSha256>/F-T      bytes F..T of an object split over packs
 *   studies/<study>/entries/<packId>.json           what a pack said, as it went into the ledger
 *   studies/<study>/delivered.ndjson                one line an instance that the destination took
 *   entries/<packId>.json                           of packs that speak of no study
 *   quarantine/<packId>.spk, <packId>.json          packs that failed, and why
 *   held/<packId>.spk, <packId>.json                sealed packs that wait, and for what
 */
export function createStudyStore(dataDir: string): StudyStore {
  const studies = join(dataDir, 'studies');
  const quarantine = join(dataDir, 'quarantine');
  const folderOf = (uid: string): string =>
    join(studies, createHash('sha256').update(uid).digest('hex').slice(0, 32));
  const rangesOf = (uid: string, digest: string): string => join(folderOf(uid), 'ranges', digest);

  return {
    putObjects: (uid, objects, damaged) =>
      onDisk(async () => {
        const folder = folderOf(uid);
        await makeDurableFolder(folder);
        let hasFound = false;
        await inTurns(objects, async ({ datasetSha256, part10 }) => {
          const path = join(folder, `${datasetSha256}.dcm`);
          if (!damaged?.has(datasetSha256) && (await isThere(path))) hasFound = true;
          else await writeDurably(path, part10, { as: 'center-object' });
        });
        if (hasFound) await syncFolder(folder);
      }),
    findObject: (uid, digest) =>
      onDisk(async () => {
        const path = join(folderOf(uid), `${digest}.dcm`);
        const sizeBytes = await sizeIfThere(path);
        if (sizeBytes === undefined) return undefined;
        return { sizeBytes, read: (from) => readPieces(path, from) };
      }),
    readHead: (uid, digest) =>
      onDisk(async () => {
        const head = await readHead(join(folderOf(uid), `${digest}.dcm`));
        if (head !== undefined) await syncFolder(folderOf(uid));
        return head;
      }),
    putRanges: (uid, ranges) =>
      onDisk(() =>
        inTurns(ranges, ({ datasetSha256, from, to, bytes }) =>
          putFile('center-range', rangesOf(uid, datasetSha256), `${from}-${to}`, bytes),
        ),
      ),
    ranges: (uid, digest) =>
      onDisk(async () =>
        (await namesIn(rangesOf(uid, digest))).flatMap((name) => {
          const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(name) ?? [];
          return from === undefined || to === undefined
            ? []
            : [{ from: Number(from), to: Number(to) }];
        }),
      ),
    joinRanges: (uid, digest, pieces) =>
      onDisk(async () => {
        const source = rangesOf(uid, digest);
        const head = await joinRanges(source, pieces, join(folderOf(uid), `${digest}.dcm`), digest);
        if (head === undefined) {
          await makeDurableFolder(quarantine);
          await rm(join(quarantine, `ranges-${digest}`), { recursive: true, force: true });
          await rename(source, join(quarantine, `ranges-${digest}`));
          await syncFolder(quarantine);
        } else {
          await rm(source, { recursive: true, force: true });
          passage('center-join/cleared');
        }
        return head;
      }),

    putEntry: (entry) =>
      onDisk(() => {
        const folder = entry.study ? folderOf(entry.study.studyInstanceUid) : dataDir;
        const name = `${entry.pack.packId}.json`;
        return putFile('center-entry', join(folder, 'entries'), name, JSON.stringify(entry));
      }),
    entries: () => entriesIn(dataDir, studies),
    appendDelivered: (uid, lines) =>
      onDisk(() => {
        passage('delivery/answered');
        return appendDurably(
          folderOf(uid),
          'delivered.ndjson',
          // Each line brings its own start, so a torn one before it spoils nothing.
          lines.map((line) => `\n${JSON.stringify(line)}`).join(''),
        );
      }),
    delivered: (uid) => (uid === undefined ? deliveredIn(studies) : deliveredOf(folderOf(uid))),

    quarantine: (reason, bytes) =>
      onDisk(async () => {
        const put = (name: string, content: Uint8Array | string) =>
          putFile('center-quarantine', quarantine, name, content);
        if (bytes !== undefined) await put(`${reason.packId}.spk`, bytes);
        await put(`${reason.packId}.json`, `${JSON.stringify(reason, null, 2)}\n`);
      }),
    quarantined: (limit) => onDisk(() => reasonsIn(quarantine, limit)),
    ...heldPacks(join(dataDir, 'held')),
  };
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += writersAtOnce) {
    await Promise.all(items.slice(at, at + writersAtOnce).map(work));
  }
}

/** Entries in the order their packs were taken, whatever study they are of: a conflict was decided in that order. */
async function* entriesIn(dataDir: string, studies: string): AsyncIterable<LedgerEntry> {
  const folders = [dataDir, ...(await namesIn(studies)).map((name) => join(studies, name))];
  const found: { readonly takenAt: string; readonly path: string }[] = [];
  for (const folder of folders) {
    const names = await namesIn(join(folder, 'entries'));
    if (names.length > 0) await syncFolder(join(folder, 'entries'));
    for (const name of names) {
      const path = join(folder, 'entries', name);
      const entry = await readJson<LedgerEntry>(path);
      if (entry !== undefined) found.push({ takenAt: entry.pack.takenAt, path });
    }
  }
  found.sort((a, b) => (a.takenAt < b.takenAt ? -1 : 1));
  for (const { path } of found) {
    const entry = await readJson<LedgerEntry>(path);
    if (entry !== undefined) yield entry;
  }
}

async function* deliveredIn(studies: string): AsyncIterable<DeliveredLine> {
  for (const name of await namesIn(studies)) yield* deliveredOf(join(studies, name));
}

async function* deliveredOf(folder: string): AsyncIterable<DeliveredLine> {
  const bytes = await readIfThere(join(folder, 'delivered.ndjson'));
  const lines = new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n');
  for (const line of lines) {
    const parsed = parse<DeliveredLine>(line);
    // The last line may be torn by a power cut: that instance is delivered once more.
    if (parsed !== undefined) yield parsed;
  }
}

async function reasonsIn(
  folder: string,
  limit: number,
): Promise<{ count: number; newest: readonly QuarantineReason[] }> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json'));
  const reasons: QuarantineReason[] = [];
  for (const name of names) {
    const reason = await readJson<QuarantineReason>(join(folder, name));
    if (reason !== undefined) reasons.push(reason);
  }
  reasons.sort((a, b) => (a.at < b.at ? 1 : -1));
  return { count: names.length, newest: reasons.slice(0, limit) };
}
