import { decodeHere } from '#sync/adapters/decoder-here.ts';
import { createCenter } from '#sync/center/center.ts';
import type { CenterPorts } from '#sync/center/ports.ts';
import type { Party } from '#sync/center/ports-party.ts';
import { base64url, hex } from '#sync/core/bytes.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import { buildData } from '#sync/letters/data.ts';
import { type Letter, parseLetter } from '#sync/letters/letter.ts';
import { buildManifest } from '#sync/letters/manifest.ts';
import { stepCenter } from '#sync/seal/center-ceremony.ts';
import { takeBack } from '#sync/seal/center-return.ts';
import { signCustody } from '#sync/seal/custody.ts';
import { openPack } from '#sync/seal/open.ts';
import { type PackKind, sealPack } from '#sync/seal/pack.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import type { CenterTicket } from '#sync/seal/peers.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import { createMemoryLedger } from '#test/support/ledger-memory.ts';
import { centerOf } from '../sync/seal/parties.ts';
import { shake } from '../sync/seal/shake-random.ts';
import { createMemoryArchive, createMemoryDoor, createMemoryResends } from './center-memory.ts';
import { createVirtualClock } from './clock-virtual.ts';
import { createMemoryPacs } from './pacs-memory.ts';
import { createSeededRandom } from './random-seeded.ts';
import { createMemorySpool } from './spool-memory.ts';
import { createMemoryStudyStore } from './study-store-memory.ts';
import type { SyntheticInstance } from './synthetic-ct.ts';

export const reader = { name: 'DR TEST', registerNo: 'R-100' };

/** A center of tests over memory, with real seals; `over` replaces single ports. */
export function createCenterWorld(over: Partial<CenterPorts> = {}) {
  const keys = centerOf('center world');
  const clock = createVirtualClock();
  const spool = createMemorySpool();
  const pacs = createMemoryPacs();
  const door = createMemoryDoor();
  let tickets: readonly CenterTicket[] = [];
  let accessList: string | undefined;
  const party = (): Party => ({
    identity: keys.identity,
    secrets: [keys.receive],
    keyList: keys.keyList,
    keyListText: keys.text,
    handle: hex(shake('center handle', 16)),
    transport: hex(signingKeyOf(shake('center transport', 32)).publicKey),
    tickets,
  });
  let sequence = 0n;
  const ports: CenterPorts = {
    spool: spool.clinical,
    store: createMemoryStudyStore(),
    archive: createMemoryArchive(),
    door: door.port,
    ledger: createMemoryLedger(),
    resendFiles: createMemoryResends(),
    delivery: pacs,
    decoder: { decode: async (meta, payload) => decodeHere(meta, payload) },
    sequence: { stream: shake('center stream', 16), next: async () => ++sequence },
    clock,
    random: createSeededRandom('center world'),
    log: silentLog,
    readParty: async () => ok(party()),
    stepTicket: async (id, event) => {
      const ticket = tickets.find(({ ticket }) => ticket === id);
      const step = ticket && stepCenter(ticket, event);
      if (step?.ok) tickets = tickets.map((each) => (each === ticket ? step.value.next : each));
      return step;
    },
    takeBack: async (returned) => {
      const step = takeBack(tickets, returned, new Date(clock.nowMs()).toISOString());
      if (!step.ok) return step;
      const key = hex(returned.identity);
      const ticket = step.value ?? tickets.find(({ box }) => box?.identity === key);
      if (ticket === undefined) throw new Error('No record');
      if (step.value)
        tickets = [...tickets.filter((each) => each.ticket !== ticket.ticket), ticket];
      return ok(ticket);
    },
    readAccessList: async () => accessList,
    writeAccessList: async (text) => {
      accessList = text;
    },
    ...over,
  };
  const start = () => createCenter(ports, { zones: 'off', destination: 'PACS', reader });
  const signal = new AbortController().signal;

  /** Puts bytes into `spool/in/new` as the agent would. */
  async function arrive(packId: string, bytes: Uint8Array): Promise<PackId> {
    const id = parsePackId(packId);
    if (id === undefined) throw new Error('No pack id');
    expectOk(await spool.agent.appendPart(id, 0, bytes));
    expectOk(await spool.agent.finishPart(id));
    return id;
  }

  /** Signs for everything in `spool/out/new`, as the relay would. */
  async function takeCustody(): Promise<number> {
    const relayKey = signingKeyOf(shake('center world/receipt', 32));
    const packs = await spool.agent.outgoing();
    for (const pack of packs) {
      const at = '2026-01-15T12:00:00Z';
      const text = signCustody(relayKey, { relay: 'relay-1', at, packs: [pack] });
      await spool.agent.putCustody(pack.packId, new TextEncoder().encode(text));
    }
    return packs.length;
  }

  return {
    keys,
    ports,
    clock,
    spool,
    pacs,
    door,
    party,
    arrive,
    takeCustody,
    start,
    setTickets: (next: readonly CenterTicket[]) => {
      tickets = next;
    },
    tickets: () => tickets,
    /** Rounds until nothing more can happen without time. */
    settle: async (center = start(), rounds = 3) => {
      for (let n = 0; n < rounds; n++) await center.round(signal);
      return center;
    },
  };
}

export type CenterWorld = ReturnType<typeof createCenterWorld>;

/** A box that is paired with the center of `world`, and what it can do. */
export function joinBox(
  world: CenterWorld,
  name = 'box 1',
  over: Partial<Pick<CenterTicket, 'state' | 'site' | 'kind'>> & {
    /** Name of the stream of its numbers, and of what it draws. */
    readonly stream?: string;
    readonly seed?: string;
  } = {},
) {
  const { state = 'active', site = 'CM-BAF-01', kind = 'enrol' } = over;
  const identity = signingKeyOf(shake(`${name}/identity`, 32));
  const receive = receivingSecretOf(shake(`${name}/receive`, 32));
  const mailbox = shake(`${name}/mailbox`, 16);
  const random = createSeededRandom(over.seed ?? name);
  const ticketId = hex(shake(`${name}/ticket`, 16));
  let sequence = 0n;
  const setState = (next: CenterTicket['state']): void => {
    const ticket: CenterTicket = {
      format: 1,
      state: next,
      kind,
      site,
      ticket: ticketId,
      lastDay: '2026-12-31',
      wrongAttempts: 0,
      box: {
        request: hex(shake(`${name}/request`, 32)),
        identity: hex(identity.publicKey),
        receive: base64url(receive.publicKey),
        transport: hex(signingKeyOf(shake(`${name}/transport`, 32)).publicKey),
        handle: hex(shake(`${name}/handle`, 16)),
        boxMailbox: hex(mailbox),
        grantVersion: 1,
        words: Array.from({ length: 8 }, () => 'word'),
      },
    };
    world.setTickets([...world.tickets().filter((each) => each.ticket !== ticketId), ticket]);
  };
  setState(state);
  // Its grant was sent before the test begins; `grantVersion` stays as it is.
  void world.ports.ledger.putOutgoing({
    packId: hex(shake(`${name}/grant`, 32)),
    kind: 'grant',
    subject: `grant/${ticketId}/1`,
    studyInstanceUid: '',
    class: 1,
    group: hex(shake(`${name}/group`, 16)),
    sizeBytes: 3_372,
    state: 'custody',
    sealedAt: '2026-01-15T12:00:00Z',
  });

  function seal(
    kind: PackKind,
    letter: { readonly meta: Json; readonly payload: Uint8Array },
    number = ++sequence,
  ) {
    return sealPack(
      {
        ...letter,
        kind,
        class: 2,
        mailbox: world.keys.keyList.mailbox,
        sealedAtMs: world.clock.nowMs(),
        stream: shake(`${name}/${over.stream ?? 'stream'}`, 16),
        sequence: number,
        recipients: [world.keys.receive],
        recipientParty: world.keys.partyId,
        signer: identity,
      },
      random,
    );
  }

  /** The letter in a pack of the center, or undefined when it is for another box, or a grant. */
  function open(bytes: Uint8Array): Letter | undefined {
    const opened = openPack(bytes, {
      mailbox,
      secrets: [receive],
      partyId: partyIdOfBox(identity.publicKey),
      hasPackId: () => false,
      maySign: (signer) => hex(signer) === hex(world.keys.identity.publicKey),
      packIdOfUid: () => undefined,
    });
    if (!opened.ok || opened.value.kind === 'enrol') return undefined;
    const { kind, meta, payload } = opened.value;
    return expectOk(parseLetter(kind, meta, payload, 'to-clinic'));
  }

  return {
    identity: hex(identity.publicKey),
    mailbox,
    seal,
    setState,
    /** Seals a letter and lets it arrive; the pack id. */
    async send(
      kind: PackKind,
      letter: { readonly meta: Json; readonly payload: Uint8Array },
      number?: bigint,
    ): Promise<PackId> {
      const { packId, bytes } = seal(kind, letter, number);
      return world.arrive(packId, bytes);
    },
    open,
    /** Opens what the center sent to this box, oldest first. */
    async inbox(): Promise<readonly OpenedLetter[]> {
      const letters: OpenedLetter[] = [];
      for (const { packId } of await world.spool.agent.outgoing()) {
        const letter = open((await world.spool.clinical.readSent(packId)) ?? new Uint8Array());
        if (letter !== undefined) letters.push({ packId, letter });
      }
      return letters;
    },
  };
}

interface OpenedLetter {
  readonly packId: string;
  readonly letter: Letter;
}

export type WorldBox = ReturnType<typeof joinBox>;

/** The data letter of whole objects of one study. */
export function dataOf(slices: readonly SyntheticInstance[], coding: 0 | 1 = 1) {
  return buildData(
    studyUidOf(slices),
    coding,
    slices.map(({ datasetSha256, part10 }) => ({
      datasetSha256,
      sizeBytes: part10.length,
      from: 0,
      to: part10.length,
      bytes: part10,
    })),
  );
}

/** A manifest letter of a study; `withList` false = a version without a list. */
export function manifestOf(
  slices: readonly SyntheticInstance[],
  version = 1,
  withList = true,
  isStat = false,
  isAgain = false,
) {
  const attributes = slices[0]?.attributes;
  return buildManifest(
    {
      study: studyUidOf(slices),
      version,
      isStat,
      patient: {
        id: attributes?.patientId ?? '',
        issuer: '',
        name: attributes?.patientName ?? '',
        birth: attributes?.patientBirthDate ?? '',
        sex: attributes?.patientSex ?? '',
      },
      accessionNumber: attributes?.accessionNumber ?? '',
      modality: attributes?.modality ?? '',
      description: attributes?.studyDescription ?? '',
      instanceCount: slices.length,
      ...(isAgain && { again: true }),
    },
    withList
      ? slices.map((slice) => ({
          sopInstanceUid: slice.sopInstanceUid,
          sopClassUid: slice.sopClassUid,
          seriesInstanceUid: slice.attributes.seriesInstanceUid ?? null,
          transferSyntaxUid: slice.transferSyntaxUid,
          datasetSha256: slice.datasetSha256,
          sizeBytes: slice.part10.length,
        }))
      : undefined,
  );
}

export function studyUidOf(slices: readonly SyntheticInstance[]): string {
  return slices[0]?.attributes.studyInstanceUid ?? '';
}
