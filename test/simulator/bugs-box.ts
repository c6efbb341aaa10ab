import type { HousekeepingPorts } from '#appliance/housekeeping/ports.ts';
import type { Catalog } from '#appliance/ports-catalog.ts';
import type { Sealer } from '#appliance/ports-sealing.ts';
import { hex } from '#sync/core/bytes.ts';
import type { Database } from '#sync/core/database.ts';
import { ok } from '#sync/core/result.ts';
import { fixedHeaderSize, stanzaSize } from '#sync/seal/header.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Bug } from './bugs.ts';

// Each bug of `bugs.ts` in a box that is no forgotten fsync, put between the program and its port.

/** The sealer of a box with or without a bug. */
export function sealerWith(bug: Bug | undefined, sealer: Sealer): Sealer {
  if (bug !== 'sealed in name only') return sealer;
  return {
    ...sealer,
    seal: async (job) => {
      const [plain] = job.parts.map(({ bytes }) => bytes.slice());
      const sealed = await sealer.seal(job);
      if (!sealed.ok || plain === undefined) return sealed;
      const bytes = sealed.value.bytes.slice();
      const room = bytes.length - clearAfterBytes;
      bytes.set(plain.subarray(0, room), clearAfterBytes);
      return ok({ ...sealed.value, bytes, packId: hex(sha256(bytes)) });
    },
  };
}

/** Behind the header and the key of one recipient. */
const clearAfterBytes = fixedHeaderSize + stanzaSize;

/** What housekeeping of a box stands on, with or without a bug. */
export function keeperWith(
  bug: Bug | undefined,
  ports: Pick<HousekeepingPorts, 'objects' | 'catalog'>,
): Pick<HousekeepingPorts, 'objects' | 'catalog'> {
  if (bug !== 'room before the copy') return ports;
  return {
    objects: { ...ports.objects, copy: async () => ok(undefined) },
    catalog: {
      ...ports.catalog,
      unmoved: async () => 0,
      deadSegments: async () =>
        (await ports.catalog.deadSegments()).map((each) => ({ ...each, liveBytes: 0 })),
    },
  };
}

/** The spool of a box with or without a bug. */
export function boxSpoolWith(bug: Bug | undefined, spool: ClinicalSpool): ClinicalSpool {
  if (bug !== 'spool not looked at') return spool;
  const own = new Set<PackId>();
  return {
    ...spool,
    putPack(packId, bytes) {
      own.add(packId);
      return spool.putPack(packId, bytes);
    },
    removeSent(packId) {
      own.delete(packId);
      return spool.removeSent(packId);
    },
    sentPacks: async () => [...new Set([...own, ...(await spool.sentPacks())])],
  };
}

/** The database of a box's catalog with or without a bug. */
export function catalogDatabaseWith(bug: Bug | undefined, database: Database): Database {
  if (bug !== 'conflict overlooked') return database;
  const alter = (sql: string): string =>
    sql.replace("'conflict', 'stored')", "'stored', 'stored')");
  return {
    ...database,
    write: (statements) =>
      database.write(statements.map((each) => ({ ...each, sql: alter(each.sql) }))),
  };
}

/** The catalog of a box with or without a bug. */
export function catalogWith(bug: Bug | undefined, catalog: Catalog): Catalog {
  return bug === 'asked again in vain' ? { ...catalog, resendRegisters: async () => [] } : catalog;
}
