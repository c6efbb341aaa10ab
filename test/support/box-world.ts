import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type DataFolder, openDataFolder } from '#appliance/adapters/data-folder.ts';
import { sealJob } from '#appliance/adapters/seal-job.ts';
import { createCallerBook } from '#appliance/callers/book.ts';
import { addressingOf, type CenterRules } from '#appliance/intake/addressing.ts';
import { createCataloguer } from '#appliance/intake/cataloguer.ts';
import { createCodingRates } from '#appliance/intake/coding-level.ts';
import { createQuietTimes } from '#appliance/intake/complete.ts';
import { custodyTurn, tidySpool } from '#appliance/intake/custody.ts';
import { createIncoming } from '#appliance/intake/incoming.ts';
import { createPackReader } from '#appliance/intake/reading.ts';
import { createReception } from '#appliance/intake/reception.ts';
import { createRecorder } from '#appliance/intake/recorder.ts';
import { sealingTurn } from '#appliance/intake/sealing.ts';
import type { Center, Pairing } from '#appliance/ports-pairing.ts';
import type { InstanceStore } from '#appliance/ports-store.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { hex } from '#sync/core/bytes.ts';
import type { JsonObject } from '#sync/core/canonical-json.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk, fail } from '#sync/core/result.ts';
import { decodeData } from '#sync/letters/data.ts';
import { type Letter, parseLetter } from '#sync/letters/letter.ts';
import { signCustody } from '#sync/seal/custody.ts';
import { openPack } from '#sync/seal/open.ts';
import { type PackKind, sealPack } from '#sync/seal/pack.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import { centerOf, type TestCenter } from '../sync/seal/parties.ts';
import { seeded, shake } from '../sync/seal/shake-random.ts';
import { createVirtualClock } from './clock-virtual.ts';
import { idOf } from './pack-bytes.ts';
import { createMemorySpool } from './spool-memory.ts';
import type { SyntheticInstance } from './synthetic-ct.ts';

/** What coding takes is no matter here: levels stay as they are first thought of. */
const untimed = { monotonicMs: () => 0 };

/** A box with real files and a real catalog, a spool in memory, a clock that stands still, and a center to talk to. */
export async function openBoxWorld(t: TestContext, options: Partial<WorldOptions> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'outpost-box-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const clock = createVirtualClock();
  const world = createWorld(dataDir, clock, { packTargetBytes: 1024 * 1024, ...options });
  await world.start();
  t.after(() => world.stop());
  return world;
}

export type BoxWorld = Awaited<ReturnType<typeof openBoxWorld>>;

interface WorldOptions {
  readonly packTargetBytes: number;
  readonly sealAheadBytes: number;
  readonly quietMs: number;
  readonly segmentSizeBytes: number;
  /** A second center is linked to the box, too. */
  readonly hasTwoCenters: boolean;
  readonly centerRules: CenterRules;
  /** The first center, where it is not the one of the tests. */
  readonly firstCenter: TestCenter;
  /** Stands between the box and its segments. */
  readonly damage: (store: InstanceStore) => InstanceStore;
}

/** A letter that the center could open, with what it holds. */
export interface OpenedLetter {
  readonly packId: PackId;
  readonly sizeBytes: number;
  readonly letter: Letter;
  /** Ranges of a data pack, in order. */
  readonly ranges: readonly Uint8Array[];
}

const callingAeTitle = 'CT1';

function createWorld(
  dataDir: string,
  clock: ReturnType<typeof createVirtualClock>,
  options: { readonly packTargetBytes: number } & Partial<WorldOptions>,
) {
  const identity = signingKeyOf(shake('box/identity', 32));
  const receive = receivingSecretOf(shake('box/receive', 32));
  const center = options.firstCenter ?? centerOf('center');
  const relayKey = signingKeyOf(shake('center/receipt', 32));
  const second = centerOf('second center');
  const linked = [boxCenter(center), boxCenter(second, 'second')];
  const pairing: Pairing = {
    identity,
    receive,
    centers: options.hasTwoCenters === true ? linked : linked.slice(0, 1),
  };
  const spool = createMemorySpool();
  const random = seeded('box');
  const stream = shake('box/stream', 16);
  let sequence = 0n;
  let sealedBack = 0n;
  let folder: DataFolder;
  let parts: Awaited<ReturnType<typeof open>>;
  const broken: string[] = [];
  let isFull = false;
  let isSpoolFull = false;
  const lifetime = new AbortController();

  async function open() {
    folder = expectOk(
      await openDataFolder(
        {
          ...{ dataDir, reserveBytes: 0 },
          segmentSizeBytes: options.segmentSizeBytes ?? 128 * 1024 * 1024,
        },
        { openDatabase, writeDurably, clock, log: silentLog },
      ),
    );
    const { catalog, facts, files } = folder;
    const store = options.damage ? options.damage(folder.store) : folder.store;
    const log = silentLog;
    const onBroken = (message: string) => void broken.push(message);
    const quiet = createQuietTimes(clock, options.quietMs ?? 2_000);
    const recorder = createRecorder({ facts, catalog, clock, log, onBroken }, lifetime.signal);
    const onAdded = (studies: ReadonlyMap<string, string>) => {
      for (const each of studies) quiet.arrived(...each);
    };
    const cataloguer = createCataloguer(
      { catalog, recorder, clock, log, onAdded, onBroken },
      lifetime.signal,
    );
    const reception = createReception(
      {
        store,
        cataloguer,
        callers: folder.callers,
        book: createCallerBook([{ aeTitle: callingAeTitle }]),
        isFull: () => isFull,
        onFull: () => {
          isFull = true;
        },
        onBroken,
        clock,
        log,
      },
      { aeTitles: ['OUTPOST'] },
    );
    const ports = {
      catalog,
      recorder,
      files,
      spool: {
        ...spool.clinical,
        putPack: async (...pack: Parameters<typeof spool.clinical.putPack>) =>
          isSpoolFull
            ? fail(fault('spool/full', 'Cannot write', 'Wait', 'later'))
            : spool.clinical.putPack(...pack),
      },
      reader: createPackReader(store),
      sealer: {
        width: 2,
        seal: async (job: Parameters<typeof sealJob>[0]) => sealJob(job, identity, random, untimed),
        close: async () => undefined,
      },
      sequence: { stream, next: async () => ++sequence },
      codingRates: createCodingRates(),
      quiet,
      clock,
      random,
      log,
      onKept: async () => undefined,
      acceptGrant: async () => fail(fault('pairing/not-now', 'No pairing is open', 'Pair first')),
    };
    const incoming = await createIncoming(ports);
    return { ports, quiet, cataloguer, reception, incoming };
  }

  return {
    dataDir,
    clock,
    center,
    /** Linked when the world has two. */
    second,
    spool,
    pairing,
    broken,
    start: async () => {
      parts = await open();
      await tidySpool(parts.ports);
    },
    stop: () => folder.close(),
    refuseSpool: (isRefused: boolean) => {
      isSpoolFull = isRefused;
    },
    folder: () => folder,
    parts: () => parts,
    reception: () => parts.reception,

    /** Sends objects by C-STORE and answers with their statuses. */
    receive: async (instances: readonly SyntheticInstance[]): Promise<readonly number[]> => {
      const statuses: number[] = [];
      for (const each of instances) {
        const sink = await parts.reception.begin({
          callingAeTitle,
          sopClassUid: each.sopClassUid,
          sopInstanceUid: each.sopInstanceUid,
          transferSyntaxUid: each.transferSyntaxUid,
          messageId: 1,
        });
        if (!sink.ok) {
          statuses.push(sink.fault.status);
          continue;
        }
        sink.value.write(each.part10.slice(each.fileHeaderSizeBytes));
        statuses.push((await sink.value.finish()).status);
      }
      await parts.cataloguer.idle();
      return statuses;
    },

    seal: () =>
      sealingTurn(
        parts.ports,
        {
          packTargetBytes: options.packTargetBytes,
          sealAheadBytes: options.sealAheadBytes ?? 1024 ** 3,
          manifestIntervalMs: 600_000,
        },
        addressingOf(pairing, options.centerRules),
      ),
    takeIn: () => parts.incoming.turn(pairing),
    countCustody: () => custodyTurn(parts.ports, pairing),

    /** What a center reads in the spool: each pack opened with its own keys, in sending order of the catalog. */
    lettersAtCenter: async (reader = center): Promise<readonly OpenedLetter[]> => {
      const letters: OpenedLetter[] = [];
      for (const { packId, center: root } of await folder.catalog.openPacks()) {
        if (root !== hex(reader.root.publicKey)) continue;
        const bytes = await spool.clinical.readSent(packId as PackId);
        if (!bytes) continue;
        const pack = expectOk(
          openPack(bytes, {
            mailbox: reader.keyList.mailbox,
            secrets: [reader.receive],
            partyId: reader.partyId,
            hasPackId: () => false,
            maySign: (signer) => hex(signer) === hex(identity.publicKey),
            packIdOfUid: () => undefined,
          }),
        );
        const letter = expectOk(parseLetter(pack.kind, pack.meta, pack.payload, 'to-center'));
        const ranges =
          letter.kind === 'data' ? expectOk(decodeData(letter.data, letter.payload)) : [];
        letters.push({ packId: packId as PackId, sizeBytes: bytes.length, letter, ranges });
      }
      return letters;
    },

    /** The relay takes everything in the spool and signs for it. */
    giveCustody: async (key = relayKey): Promise<void> => {
      const packs = await spool.agent.outgoing();
      const receipt = signCustody(key, {
        relay: 'relay-1',
        at: new Date(clock.nowMs()).toISOString(),
        packs: packs.map(({ packId, sizeBytes }) => ({ packId, sizeBytes })),
      });
      for (const { packId } of packs) {
        await spool.agent.putCustody(packId, new TextEncoder().encode(receipt));
      }
    },

    /** The center seals a letter for the box. */
    sealBack,
    /** The agent brings a pack. */
    carry,
    bring: async (...letter: Parameters<typeof sealBack>): Promise<PackId> => {
      const pack = await sealBack(...letter);
      await carry(pack);
      return pack.packId;
    },
  };

  async function sealBack(
    kind: PackKind,
    { meta, payload }: { readonly meta: JsonObject; readonly payload: Uint8Array },
    change: {
      readonly signer?: typeof identity;
      readonly from?: typeof center;
      readonly alter?: (bytes: Uint8Array) => void;
    } = {},
  ): Promise<{ readonly packId: PackId; readonly bytes: Uint8Array }> {
    sealedBack += 1n;
    const { bytes } = sealPack(
      {
        class: 1,
        mailbox: shake(change.from === second ? 'second/mailbox' : 'box/mailbox', 16),
        kind,
        meta,
        payload,
        sealedAtMs: clock.nowMs(),
        stream: shake('center/stream', 16),
        sequence: sealedBack,
        recipients: [receive],
        recipientParty: partyIdOfBox(identity.publicKey),
        signer: change.signer ?? (change.from ?? center).identity,
      },
      seeded(`back ${sealedBack}`),
    );
    change.alter?.(bytes);
    const packId = parsePackId(idOf(bytes));
    if (!packId) throw new Error('No pack id');
    return { packId, bytes };
  }

  async function carry(pack: { readonly packId: PackId; readonly bytes: Uint8Array }) {
    await spool.agent.appendPart(pack.packId, 0, pack.bytes);
    expectOk(await spool.agent.finishPart(pack.packId));
  }
}

function boxCenter(center: ReturnType<typeof centerOf>, name?: string): Center {
  return {
    root: hex(center.root.publicKey),
    name: name === undefined ? 'Demo Center' : 'Second Center',
    state: 'linked',
    ...(name !== undefined && { transport: '00112233445566ff' }),
    keyList: center.keyList,
    grant: {
      version: 1,
      state: 'active',
      handle: hex(shake(`${name ?? 'box'}/handle`, 16)),
      boxMailbox: hex(shake(`${name ?? 'box'}/mailbox`, 16)),
      centerMailbox: hex(center.keyList.mailbox),
    },
  };
}
