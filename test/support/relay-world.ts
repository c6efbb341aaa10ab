import { Buffer } from 'node:buffer';
import { base64url, fromHex, hex } from '#sync/core/bytes.ts';
import { createRelayApp } from '#sync/relay/app.ts';
import type { PeerOfRequest } from '#sync/relay/app-answers.ts';
import type { PackStore, RelayIndex } from '#sync/relay/ports.ts';
import { createRelay, type Relay } from '#sync/relay/relay.ts';
import { type AccessList, signAccessList } from '#sync/seal/access-list.ts';
import { type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sessionSignature } from '#sync/seal/session.ts';
import { type SigningKey, signingKeyOf } from '#sync/seal/signature.ts';
import { createVirtualClock, type VirtualClock } from './clock-virtual.ts';
import { seededBytes } from './pack-bytes.ts';
import { createSeededRandom } from './random-seeded.ts';
import { createMemoryIndex, createMemoryPackStore } from './relay-memory.ts';

/** A party of a test: its name makes its handle, mailbox and transport key. */
export interface TestParty {
  readonly handle: string;
  readonly mailbox: string;
  readonly transport: SigningKey;
}

export function testParty(name: string): TestParty {
  return {
    handle: hex(seededBytes(`${name} handle`, 16)),
    mailbox: hex(seededBytes(`${name} mailbox`, 16)),
    transport: signingKeyOf(seededBytes(`${name} transport`, 32)),
  };
}

/** A center with signed lists: `boxes` may write to it and read their own mailbox, it may write to theirs. */
export interface TestCenter extends TestParty {
  readonly root: SigningKey;
  readonly identity: SigningKey;
  keyListText(list: number, change?: Partial<KeyList>): string;
  accessText(
    version: number,
    boxes: readonly TestParty[],
    change?: (list: AccessList) => AccessList,
  ): string;
}

/** `keys` replaces some of its keys: a root that was handed over, an identity after the first. */
export function testCenter(
  name: string,
  keys: { readonly root?: SigningKey; readonly identity?: SigningKey } = {},
): TestCenter {
  const root = keys.root ?? signingKeyOf(seededBytes(`${name} root`, 32));
  const identity = keys.identity ?? signingKeyOf(seededBytes(`${name} identity`, 32));
  const receive = receivingSecretOf(seededBytes(`${name} receive`, 32));
  const party = testParty(name);
  return {
    ...party,
    root,
    identity,
    keyListText: (list, change = {}) =>
      signKeyList(
        {
          v: 1,
          name: 'DEMO CENTER',
          root: root.publicKey,
          list,
          ledger: seededBytes(`${name} ledger`, 16),
          mailbox: fromHex(party.mailbox) ?? new Uint8Array(),
          phone: '000',
          identity: [{ key: identity.publicKey, state: 'current' }],
          receive: [{ kid: receive.kid, key: receive.publicKey, state: 'current' }],
          relays: [],
          codingMax: 1,
          ...change,
        },
        root,
      ),
    accessText: (version, boxes, change = (list) => list) =>
      signAccessList(
        change({
          v: 1,
          center: hex(root.publicKey),
          version,
          mailboxes: [party, ...boxes].map(({ mailbox, handle }) => ({
            id: mailbox,
            owner: handle,
          })),
          handles: [
            handleOf(
              party,
              boxes.map(({ mailbox }) => mailbox),
            ),
            ...boxes.map((box) => handleOf(box, [party.mailbox])),
          ],
          tickets: [],
        }),
        identity,
      ),
  };
}

function handleOf(party: TestParty, write: readonly string[]): AccessList['handles'][number] {
  return {
    handle: party.handle,
    transport: hex(party.transport.publicKey),
    state: 'active',
    write: [...write],
    read: [party.mailbox],
    bytesPerDay: 1_000_000_000,
    openPacks: 8,
  };
}

const testSpki = seededBytes('spki', 32);
export const testReceiptKey = signingKeyOf(seededBytes('receipt', 32));

/** A relay in memory with one center and one box that are already listed. */
export interface RelayWorld {
  readonly clock: VirtualClock;
  readonly store: PackStore & { space: { freeBytes: number } };
  readonly index: RelayIndex;
  readonly relay: Relay;
  readonly center: TestCenter;
  readonly box: TestParty;
  readonly stop: AbortController;
  readonly broken: string[];
  /** What the relay logged. */
  readonly logged: { readonly event: string; readonly fields: unknown }[];
  fetch(path: string, init?: RequestInit, peer?: PeerOfRequest): Promise<Response>;
  /** A bearer token by the whole exchange. */
  session(party: TestParty): Promise<string>;
  /** A request of a party with a session. */
  as(token: string, path: string, init?: RequestInit): Promise<Response>;
}

export async function openRelayWorld(
  options: {
    readonly store?: PackStore & { space: { freeBytes: number } };
    readonly index?: RelayIndex;
    readonly centers?: readonly TestCenter[];
  } = {},
): Promise<RelayWorld> {
  const clock = createVirtualClock();
  const store = options.store ?? createMemoryPackStore();
  const index = options.index ?? createMemoryIndex();
  const center = testCenter('center one');
  const box = testParty('box one');
  const random = createSeededRandom('relay');
  const logged: { event: string; fields: unknown }[] = [];
  const note = (event: string, fields?: unknown): void => void logged.push({ event, fields });
  const ports = { store, index, clock, random, log: { info: note, warn: note, error: note } };
  const centers = [center, ...(options.centers ?? [])];
  const relay = await createRelay(ports, {
    relayId: 'relay-1',
    roots: centers.map(({ root }) => hex(root.publicKey)),
    spkiSha256: testSpki,
    receiptKey: testReceiptKey,
    reserveBytes: 2 ** 30,
  });
  const stop = new AbortController();
  const broken: string[] = [];
  const app = createRelayApp({
    ...ports,
    relay,
    stop: stop.signal,
    onBroken: (cause) => broken.push(cause.kind),
  });
  const fetch: RelayWorld['fetch'] = async (path, init, peer) =>
    app.request(`/v1/${path}`, init, peer);
  const as = (token: string, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const world: RelayWorld = {
    ...{ clock, store, index, relay, center, box, stop, broken, logged, fetch, as },
    session: (party) => openSession(fetch, party),
  };
  if (options.store === undefined) {
    introduction ??= { keyList: center.keyListText(1), access: center.accessText(1, [box]) };
    await fetch('keylist', { method: 'PUT', body: introduction.keyList });
    await fetch('access', { method: 'PUT', body: introduction.access });
  }
  return world;
}

/** Signed once a process: a signature takes milliseconds. */
let introduction: { readonly keyList: string; readonly access: string } | undefined;

async function openSession(fetch: RelayWorld['fetch'], party: TestParty): Promise<string> {
  const post = async (body: object): Promise<Record<string, string>> => {
    const answer = await fetch('session', { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, string>;
  };
  const { challenge = '' } = await post({ handle: party.handle });
  const proof = sessionSignature(
    party.transport,
    testSpki,
    fromHex(party.handle) ?? new Uint8Array(),
    Uint8Array.from(Buffer.from(challenge, 'base64url')),
  );
  const { token } = await post({ handle: party.handle, challenge, signature: base64url(proof) });
  if (token === undefined) throw new Error('no session');
  return token;
}
