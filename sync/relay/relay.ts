import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { SigningKey } from '../seal/signature.ts';
import { doubledAtMost } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import type { Status } from '../wire/routes.ts';
import { type Admission, createAdmission, type Rights } from './admission.ts';
import type { UploadConfig } from './desk.ts';
import { createEnrolment, type Enrolment, rightsOfTicket } from './enrolment.ts';
import { type RelayFault, storageFault } from './fault.ts';
import { createListKeeper } from './keep-lists.ts';
import { createMailboxes, type Mailboxes } from './mailboxes.ts';
import type { Caller, PackStore, PushedDocument, RelayIndex } from './ports.ts';
import { createQuota } from './quota.ts';
import { custodyReceipts } from './receipts.ts';
import { reconcile, restoreLists } from './restore.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createStrangers, type Strangers } from './strangers.ts';
import { createStrays, withStrays } from './strays.ts';
import { createRelayTallies, type RelayTallies } from './tallies.ts';
import { createTurns } from './turns.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface RelayPorts {
  readonly store: PackStore;
  readonly index: RelayIndex;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RelayConfig extends UploadConfig {
  /** Name of this relay in key lists and receipts. */
  readonly relayId: string;
  /** Root public keys of the centers that it serves, hex. */
  readonly roots: readonly string[];
  /** SHA-256 of the SubjectPublicKeyInfo of its TLS key, 32 bytes. */
  readonly spkiSha256: Uint8Array;
  /** Signs custody receipts and nothing else. */
  readonly receiptKey: SigningKey;
  /** Requests that one address may have under way; default 256. */
  readonly requestsPerAddress?: number;
}

/** A blind relay: it keeps sealed packs for mailboxes and knows no key that opens one. */
export interface Relay {
  readonly admission: Admission;
  readonly sessions: Sessions;
  /** What it counts as it goes. */
  readonly tallies: RelayTallies;
  readonly strangers: Strangers;
  readonly uploads: Uploads;
  readonly mailboxes: Mailboxes;
  readonly enrolment: Enrolment;
  /** What this relay knows of packs that the caller brought. */
  status(caller: Caller, packIds: readonly PackId[]): Promise<Result<Status, RelayFault>>;
  /** Texts of receipts that together name the packs. */
  receipts(
    packs: readonly { readonly packId: PackId; readonly sizeBytes: number }[],
  ): readonly string[];
  /** The text of a receipt for one pack. */
  receipt(packId: PackId, sizeBytes: number): string;
  /** Bytes of a pack in a mailbox that the caller may read; undefined when there is none. */
  fetchable(
    caller: Caller,
    rights: Rights,
    packId: PackId,
  ): Promise<Result<number | undefined, RelayFault>>;
  /** Lets go of packs that their owner holds. Idempotent; ids of others are passed over. */
  acknowledge(
    caller: Caller,
    rights: Rights,
    packIds: readonly PackId[],
  ): Promise<Result<void, RelayFault>>;
  /** Lets a signed list in and keeps it on disk. */
  admit(name: PushedDocument, text: string): Promise<Result<void, RelayFault>>;
}

/** Starts from what is on disk: lists first, then rows and files are made to agree. */
export async function createRelay(ports: RelayPorts, config: RelayConfig): Promise<Relay> {
  const { store, index, clock, random, log } = ports;
  const admission = createAdmission(config.roots);
  await restoreLists({ ...ports, admission }, config.roots);
  const left = await reconcile({ ...ports, admission });
  const turns = createTurns();
  const onDoubled = ({ center, handle }: Caller): void => {
    // A handle is no key, and the center needs a name to look for.
    log.warn('relay/two-holders', { handle8: handle.slice(0, 8) });
    mailboxes.ringAll(center);
  };
  const sessions = createSessions({ clock, random, admission, onDoubled }, config.spkiSha256);
  const bells = createMailboxes({
    ...{ index, store, clock },
    keyListNumber: (center) => admission.keyList(center).number,
    mayRead: (caller, mailbox) => admission.rights(caller)?.read.has(mailbox) === true,
    doubledFor: (caller) =>
      admission.isCenter(caller)
        ? sessions
            .doubled()
            .filter(({ center }) => center === caller.center)
            .map(({ handle }) => handle)
            .slice(0, doubledAtMost)
        : [],
  });
  const strays = createStrays({ ...ports, admission, turns }, left, () => {
    for (const root of config.roots) bells.ringAll(root);
  });
  const mailboxes = withStrays(bells, strays);
  const quota = createQuota(index, clock);
  const tallies = createRelayTallies();
  const onKept = (center: string, mailbox: string): void => {
    tallies.packs.add('kept');
    mailboxes.ring(center, mailbox);
  };
  const onWritten = (sizeBytes: number): void => tallies.bytes.add('received', sizeBytes);
  const rightsOf = (caller: Caller): Rights | undefined =>
    admission.rights(caller) ?? rightsOfTicket(admission, caller);
  const uploads = createUploads(
    { store, index, clock, quota, turns, rightsOf, onKept, onWritten },
    config,
  );
  await uploads.restore();
  const receiptsOf = (packs: readonly { packId: PackId; sizeBytes: number }[]) =>
    custodyReceipts(config.receiptKey, config.relayId, clock.nowMs(), packs);

  return {
    admission,
    sessions,
    tallies,
    strangers: createStrangers(clock, config.requestsPerAddress),
    uploads,
    mailboxes,
    enrolment: createEnrolment({ admission, uploads, index, store, clock }),
    async status(caller, packIds) {
      // Before the rows: what becomes a whole pack meanwhile is found there.
      const parts = await Promise.all(packIds.map((packId) => uploads.held(caller, packId)));
      const rows = await index.brought(caller, packIds);
      if (!rows.ok) return fail(storageFault(rows.fault));
      const byId = new Map(rows.value.map((row) => [row.packId, row]));
      const packs = packIds.map((packId, at): Status['packs'][number] => {
        const row = byId.get(packId);
        if (row !== undefined) {
          return { packId, state: row.isTaken ? 'taken' : 'custody', offset: row.sizeBytes };
        }
        const { offset, early } = parts[at] ?? { offset: 0, early: [] };
        const isHere = offset > 0 || early.length > 0;
        const state = isHere ? 'offset' : 'absent';
        return { packId, state, offset, ...(early.length > 0 && { early: [...early] }) };
      });
      return ok({ packs, receipts: [...receiptsOf([...byId.values()])] });
    },
    receipts: receiptsOf,
    receipt: (packId, sizeBytes) => receiptsOf([{ packId, sizeBytes }])[0] ?? '',
    async fetchable(caller, rights, packId) {
      const row = await index.find(caller.center, packId);
      if (!row.ok) return fail(storageFault(row.fault));
      const pack = row.value;
      const isOwn = pack !== undefined && !pack.isTaken && rights.read.has(pack.mailbox);
      return ok(isOwn ? pack.sizeBytes : undefined);
    },
    async acknowledge(caller, rights, packIds) {
      const release = (packId: PackId): Promise<Result<void, RelayFault>> =>
        turns.run(`pack ${packId}`, async () => {
          const free = await index.take(caller.center, [...rights.read], [packId]);
          if (!free.ok) return fail(storageFault(free.fault));
          for (const id of free.value) await store.removePack(id);
          tallies.packs.add('taken', free.value.length);
          return ok(undefined);
        });
      const outcomes = await Promise.all([...new Set(packIds)].map(release));
      return outcomes.find((outcome) => !outcome.ok) ?? ok(undefined);
    },
    admit: createListKeeper({
      ...{ admission, store, log, turns },
      onNews: async (center) => {
        mailboxes.ringAll(center);
        await uploads.dropUnlisted();
        await strays.takeUp(true);
      },
    }),
  };
}
