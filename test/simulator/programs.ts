import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
import { openRelayIndex, relaySchema } from '#sync/adapters/relay-index-libsql.ts';
import { createAgent } from '#sync/agent/agent.ts';
import type { JournalEntry } from '#sync/agent/ports.ts';
import { createCenter } from '#sync/center/center.ts';
import type { CenterPorts, Party } from '#sync/center/ports.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import { createRelayApp } from '#sync/relay/app.ts';
import type { PackStore } from '#sync/relay/ports.ts';
import { createRelay } from '#sync/relay/relay.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import type { AgentSpool, ClinicalSpool } from '#sync/wire/spool.ts';
import { openDatabase } from './database.ts';
import { relayKeys } from './keys.ts';
import type { Life } from './life.ts';
import type { RelayDoor, Way } from './network.ts';

// How each program of the network and of the center is put together for one life, as its main does it for real.

export interface AgentDisk {
  readonly spool: AgentSpool;
  journal: JournalEntry;
}

export const emptyJournal: JournalEntry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };

const forever = (): AbortSignal => new AbortController().signal;

/** Ends only when the disk of the spool fails. */
export async function runAgent(
  life: Life,
  disk: AgentDisk,
  way: Way,
  transport: SigningKey,
  random: Random,
): Promise<void> {
  await createAgent({
    spool: agentSpool(life, disk.spool),
    journal: {
      read: async () => disk.journal,
      write: (entry) =>
        life.write('journal', () => {
          disk.journal = entry;
        }),
    },
    connect: () => way.connect(life),
    transportKey: async () => ok(transport),
    clock: life.clock,
    random,
    log: silentLog,
  }).run(forever());
}

function agentSpool(life: Life, spool: AgentSpool): AgentSpool {
  const writes = [
    'putCustody',
    'appendPart',
    'finishPart',
    'removeIncoming',
    'putPublic',
    'writeState',
  ] as const;
  return { ...life.port(spool, { writes, instant: ['watch'] }), watch: watchOf(life, spool) };
}

export function clinicalSpool(life: Life, spool: ClinicalSpool): ClinicalSpool {
  const writes = [
    'putPack',
    'removeSent',
    'writeOrder',
    'writePeer',
    'putPublic',
    'markTaken',
  ] as const;
  return { ...life.port(spool, { writes, instant: ['watch'] }), watch: watchOf(life, spool) };
}

/** A dead program hears nothing. */
function watchOf(life: Life, spool: Pick<AgentSpool, 'watch'>): AgentSpool['watch'] {
  return (onChange, signal) => spool.watch(() => life.isOver() || onChange(), signal);
}

export interface RelayDisk {
  readonly store: PackStore;
  database: Database;
}

export function newDatabase(of: 'relay' | 'center'): Database {
  return openDatabase(of === 'relay' ? relaySchema : ledgerSchema);
}

/** Resolves as soon as the relay serves. */
export async function startRelay(
  life: Life,
  disk: RelayDisk,
  door: RelayDoor,
  random: Random,
  onBroken: () => void,
): Promise<void> {
  const writes = ['writePart', 'finishPart', 'dropPart', 'removePack', 'writeDocument'] as const;
  const store = life.port(disk.store, { writes });
  const index = expectOk(await openRelayIndex(life.database(disk.database), random));
  const ports = { store, index, clock: life.clock, random, log: silentLog };
  const relay = await createRelay(ports, { ...relayKeys, reserveBytes: 2 ** 20 });
  const app = createRelayApp({ ...ports, relay, stop: forever(), onBroken });
  door.handler = async (request) => app.fetch(request);
}

export interface CenterDisk
  extends Pick<CenterPorts, 'spool' | 'store' | 'archive' | 'door' | 'delivery'> {
  readonly database: Database;
  /** Small files. */
  readonly files: { accessList: string | undefined; sequence: bigint };
}

/** Ends only when a disk of the center fails. */
export async function runCenter(
  life: Life,
  disk: CenterDisk,
  party: Party,
  stream: Uint8Array,
  random: Random,
): Promise<void> {
  const center = createCenter(
    {
      spool: clinicalSpool(life, disk.spool),
      store: life.port(disk.store, {
        writes: [
          'putObjects',
          'putRanges',
          'joinRanges',
          'putEntry',
          'appendDelivered',
          'quarantine',
          'hold',
          'dropHeld',
        ],
        instant: ['entries', 'delivered'],
      }),
      archive: life.port(disk.archive, { writes: ['put', 'update'], instant: ['all'] }),
      door: life.port(disk.door, { writes: ['moveToDone', 'moveToUnmatched'], instant: ['watch'] }),
      ledger: createLedger(life.database(disk.database)),
      delivery: disk.delivery,
      sequence: { stream, next: () => life.write('sequence', () => ++disk.files.sequence) },
      clock: life.clock,
      random,
      log: silentLog,
      readParty: async () => ok(party),
      readAccessList: async () => disk.files.accessList,
      writeAccessList: (text) =>
        life.write('access list', () => {
          disk.files.accessList = text;
        }),
    },
    { zones: 'off', destination: 'PACS', reader: { name: 'DR TEST', registerNo: 'R-100' } },
  );
  await center.run(forever());
}
