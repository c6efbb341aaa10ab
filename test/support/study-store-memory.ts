import type {
  DeliveredLine,
  HeldReason,
  QuarantineReason,
  StudyStore,
} from '#sync/center/ports-store.ts';
import { coverObject } from '#sync/center/ranges.ts';
import type { LedgerEntry } from '#sync/center/rows.ts';
import { concat } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { lentPieces } from './outgoing.ts';

/** Study files over plain maps; it passes the same contract as the folder. */
export function createMemoryStudyStore(): StudyStore {
  const objects = new Map<string, Uint8Array>();
  const ranges = new Map<string, Map<string, { from: number; to: number; bytes: Uint8Array }>>();
  const entries = new Map<string, LedgerEntry>();
  const delivered: DeliveredLine[] = [];
  const reasons = new Map<string, QuarantineReason>();
  const held = new Map<string, { readonly reason: HeldReason; readonly bytes: Uint8Array }>();
  const name = (study: string, digest: string): string => `${study}/${digest}`;
  const rangesOf = (study: string, digest: string) => {
    const own = ranges.get(name(study, digest)) ?? new Map();
    ranges.set(name(study, digest), own);
    return own;
  };

  return {
    putObjects: async (study, list, damaged) => {
      for (const { datasetSha256: digest, part10 } of list) {
        const isKept = objects.has(name(study, digest)) && !damaged?.has(digest);
        if (!isKept) objects.set(name(study, digest), part10.slice());
      }
    },
    findObject: async (study, digest) => {
      const part10 = objects.get(name(study, digest));
      if (part10 === undefined) return undefined;
      const read = (from: number) => lentPieces(part10.subarray(from), 256 * 1024);
      return { sizeBytes: part10.length, read };
    },
    readHead: async (study, digest) => objects.get(name(study, digest))?.slice(0, 256 * 1024),
    putRanges: async (study, list) => {
      for (const { datasetSha256: digest, from, to, bytes } of list) {
        rangesOf(study, digest).set(`${from}-${to}`, { from, to, bytes: bytes.slice() });
      }
    },
    ranges: async (study, digest) =>
      [...rangesOf(study, digest).values()].map(({ from, to }) => ({ from, to })),
    joinRanges: async (study, digest, pieces) => {
      const own = rangesOf(study, digest);
      const parts = pieces.map(({ range: { from, to }, skip }) => {
        const bytes = own.get(`${from}-${to}`)?.bytes ?? new Uint8Array();
        return bytes.subarray(skip);
      });
      const object = concat(...parts);
      ranges.delete(name(study, digest));
      const header = readFileHeader(object);
      const isGood =
        header.ok &&
        datasetSha256(object.subarray(header.value.fileHeaderSizeBytes)) === digest &&
        coverObject(
          pieces.map(({ range }) => range),
          object.length,
        ) !== undefined;
      if (!isGood) return undefined;
      objects.set(name(study, digest), object);
      return object.slice(0, 256 * 1024);
    },
    putEntry: async (entry) => {
      entries.set(entry.pack.packId, structuredClone(entry));
    },
    async *entries() {
      yield* [...entries.values()].toSorted((a, b) => (a.pack.takenAt < b.pack.takenAt ? -1 : 1));
    },
    appendDelivered: async (_study, lines) => {
      delivered.push(...lines);
    },
    async *delivered() {
      yield* delivered;
    },
    quarantine: async (reason) => {
      reasons.set(reason.packId, reason);
    },
    quarantined: async (limit) => ({
      count: reasons.size,
      newest: [...reasons.values()].toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, limit),
    }),
    hold: async (reason, bytes) => {
      held.set(reason.packId, { reason, bytes: bytes.slice() });
    },
    held: async () => [...held.keys()],
    heldReasons: async () =>
      [...held.values()].map(({ reason }) => reason).toSorted((a, b) => (a.at < b.at ? -1 : 1)),
    readHeld: async (packId) => held.get(packId)?.bytes.slice(),
    dropHeld: async (packId) => {
      held.delete(packId);
    },
  };
}
