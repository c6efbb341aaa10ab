import { hex } from '#sync/core/bytes.ts';
import { ok } from '#sync/core/result.ts';
import type { PackRow, PackStore, PartKey, RelayIndex } from '#sync/relay/ports.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { PackId } from '#sync/wire/pack-id.ts';

const nameOf = (key: PartKey): string => `${key.center}.${key.handle}.${key.packId}`;

/** A pack store in memory; `freeBytes` may be set. It passes the same contract as the folders. */
export function createMemoryPackStore(): PackStore & { space: { freeBytes: number } } {
  const parts = new Map<string, { key: PartKey; bytes: Uint8Array }>();
  const packs = new Map<PackId, Uint8Array>();
  const documents = new Map<string, string>();
  const space = { freeBytes: 2 ** 40 };
  return {
    space,
    parts: async () =>
      [...parts.values()].map(({ key, bytes }) => ({ ...key, sizeBytes: bytes.length })),
    writePart: async (key, offset, bytes) => {
      const known = parts.get(nameOf(key))?.bytes ?? new Uint8Array();
      const grown = new Uint8Array(Math.max(known.length, offset + bytes.length));
      grown.set(known);
      grown.set(bytes, offset);
      parts.set(nameOf(key), { key, bytes: offset === 0 ? bytes.slice() : grown });
      return ok(undefined);
    },
    readPartHead: async (key, length) =>
      ok((parts.get(nameOf(key))?.bytes ?? new Uint8Array()).slice(0, length)),
    finishPart: async (key, sizeBytes) => {
      const bytes = parts.get(nameOf(key))?.bytes;
      if (bytes === undefined) return ok(packs.get(key.packId)?.length === sizeBytes);
      parts.delete(nameOf(key));
      const isGood = bytes.length === sizeBytes && hex(sha256(bytes)) === key.packId;
      if (isGood) packs.set(key.packId, bytes);
      return ok(isGood);
    },
    dropPart: async (key) => void parts.delete(nameOf(key)),
    packs: async () => [...packs].map(([packId, bytes]) => ({ packId, sizeBytes: bytes.length })),
    readPack: async (packId, offset, length) =>
      ok(packs.get(packId)?.slice(offset, offset + length)),
    removePack: async (packId) => void packs.delete(packId),
    freeBytes: async () => space.freeBytes,
    readDocument: async (center, name) => documents.get(`${center}.${name}`),
    writeDocument: async (center, name, text) => {
      documents.set(`${center}.${name}`, text);
      return ok(undefined);
    },
  };
}

interface MemoryRow extends PackRow {
  readonly center: string;
}

/** The relay's rows in memory; `epoch` is that of one opening. */
export function createMemoryIndex(epoch = '0123456789abcdef'): RelayIndex {
  let rows: MemoryRow[] = [];
  let brought: {
    center: string;
    handle: string;
    packId: PackId;
    day: string;
    sizeBytes: number;
  }[] = [];
  let sequence = 0;
  const needed = (packId: PackId): boolean =>
    rows.some((row) => row.packId === packId && !row.isTaken);
  return {
    epoch,
    addPack: async ({ center, packId, mailbox, sizeBytes, class: packClass, broughtBy }) => {
      if (!rows.some((row) => row.center === center && row.packId === packId)) {
        rows.push({
          ...{ sequence: ++sequence, center, packId, mailbox, sizeBytes },
          ...{ class: packClass, isTaken: false },
        });
      }
      const isKnown = brought.some(
        (deed) =>
          deed.center === center && deed.packId === packId && deed.handle === broughtBy?.handle,
      );
      if (broughtBy !== undefined && !isKnown) {
        brought.push({ center, packId, sizeBytes, ...broughtBy });
      }
      return ok(undefined);
    },
    brought: async (caller, packIds) =>
      ok(
        rows.filter(
          (row) =>
            packIds.includes(row.packId) &&
            row.center === caller.center &&
            brought.some((deed) => deed.packId === row.packId && deed.handle === caller.handle),
        ),
      ),
    find: async (center, packId) =>
      ok(rows.find((row) => row.center === center && row.packId === packId)),
    waiting: async (center, mailbox, after, limit, highestClass = 3) =>
      ok(
        rows
          .filter((row) => row.center === center && row.mailbox === mailbox && !row.isTaken)
          .filter((row) => row.sequence > after && row.class <= highestClass)
          .slice(0, limit),
      ),
    take: async (center, mailboxes, packIds) => {
      const isMine = (row: MemoryRow): boolean =>
        row.center === center && mailboxes.includes(row.mailbox) && packIds.includes(row.packId);
      rows = rows.map((row) => (isMine(row) ? { ...row, isTaken: true } : row));
      return ok(rows.filter((row) => isMine(row) && !needed(row.packId)).map((row) => row.packId));
    },
    held: async () => ok(new Set(rows.filter((row) => !row.isTaken).map((row) => row.packId))),
    forget: async (packIds) => {
      rows = rows.filter((row) => !packIds.includes(row.packId));
      brought = brought.filter((deed) => !packIds.includes(deed.packId));
      return ok(undefined);
    },
    spent: async (caller, day) =>
      ok(
        brought
          .filter(
            (deed) =>
              deed.center === caller.center && deed.handle === caller.handle && deed.day === day,
          )
          .reduce((sum, deed) => sum + deed.sizeBytes, 0),
      ),
  };
}
