import { mkdir, readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { fromBase64url, fromHex, hex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type BoxEvent, cardOfPeer, maySendPatients, stepBox } from '../seal/box-ceremony.ts';
import { parseCard } from '../seal/card.ts';
import type { CeremonyFault } from '../seal/ceremony.ts';
import { centerIdentities, openKeyList } from '../seal/key-list.ts';
import { openKeyListChain } from '../seal/key-list-chain.ts';
import { buildRequest, buildReturn, openGrant } from '../seal/pairing.ts';
import { codeOfRoot, partyIdOfBox } from '../seal/party.ts';
import type { BoxPeer } from '../seal/peers.ts';
import { type SigningKey, signingKeyOf } from '../seal/signature.ts';
import { writeDurably } from './durable-file.ts';
import {
  type BoxKeys,
  makeBoxKeys,
  readBoxKeys,
  readBoxPeers,
  readSeed,
  writePeerRecord,
  writeSeed,
} from './keys-file.ts';
import { withProcessLock } from './process-lock.ts';
import { openSequence } from './sequence-file.ts';

export interface BoxPlace {
  /** Data folder of the appliance: identity and receiving key, records of centers. */
  readonly dataDir: string;
  /** Data folder of the box's agent: the transport key, and nothing else of pairing. */
  readonly agentDataDir: string;
}

/** What a running appliance does with the records of pairing. */
export const pairingKeys = {
  readBoxKeys,
  readBoxPeers,
  writePeerRecord,
  acceptGrant,
  withPairingRecords: withProcessLock,
};

/** What the box's side of a step tells the person at the keyboard. */
export interface BoxProgress {
  readonly peer: BoxPeer;
  readonly notice?: CeremonyFault;
}

export interface PairingInput {
  readonly cardText: string;
  readonly keyListText: string;
  readonly site: string;
  readonly version: string;
  readonly outDir: string;
}

/**
 * From a card and a key list to the request M1: makes the keys that are missing, keeps every step durable, and
 * writes the request to `outDir` as `enrol-<ticket>.spk`. Run again with the same card, it writes the same bytes.
 */
export function requestPairing(
  place: BoxPlace,
  input: PairingInput,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<Result<BoxProgress & { readonly file: string }, Fault>> {
  return withProcessLock(place.dataDir, () => requestInTurn(place, input, ports));
}

async function requestInTurn(
  place: BoxPlace,
  input: PairingInput,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<Result<BoxProgress & { readonly file: string }, Fault>> {
  const card = parseCard(input.cardText);
  if (!card.ok) return card;
  const chain = openKeyListChain(input.keyListText, { rootHash: card.value.rootHash });
  if (!chain.ok) return chain;
  const keyList = chain.value.list;
  const root = chain.value.roots[0] ?? keyList.root;
  const name = recordName(root);
  let peer = await peerOfRoot(place, root);
  const isRepeat = peer?.request !== undefined && peer.card === hex(card.value.bytes);
  if (!isRepeat) {
    const events: readonly BoxEvent[] = [
      { type: 'card', card: card.value, site: input.site },
      { type: 'key-list', text: input.keyListText },
    ];
    for (const event of events) {
      const step = stepBox(peer, event);
      if (!step.ok) return step;
      peer = step.value.next;
    }
    if (!peer) throw new Error('A ceremony without a record');
    const keys = await makeBoxKeys(place.dataDir, random);
    if (!keys.ok) return keys;
    const transportName = await transportNameFor(place, name);
    const transport = await transportKey(place.agentDataDir, transportName, random);
    if (!transport.ok) return transport;
    const sequence = await openSequence(join(place.dataDir, 'keys'), random, withProcessLock);
    const request = buildRequest(
      {
        card: cardOfPeer(peer) ?? card.value,
        site: input.site,
        keyList,
        ...keys.value,
        transport: transport.value,
        nonce: random.bytes(16),
        hw: `${platform()} ${arch()}`,
        version: input.version,
        nowMs: clock.nowMs(),
        stream: sequence.stream,
        sequence: await sequence.next(),
      },
      random,
    );
    peer = transportName === undefined ? peer : { ...peer, transport: transportName };
    const step = stepBox(peer, { type: 'request', packId: request.packId, words: request.words });
    if (!step.ok) return step;
    await mkdir(join(place.dataDir, 'peers'), { recursive: true, mode: 0o700 });
    await writeDurably(requestPath(place, step.value.next), request.bytes, {
      as: 'pairing-request',
    });
    peer = step.value.next;
    await writePeerRecord(place.dataDir, name, peer);
  }
  if (!peer) throw new Error('A ceremony without a record');
  const file = join(input.outDir, `enrol-${peer.ticket}.spk`);
  await writeDurably(file, await readFile(requestPath(place, peer)), { as: 'pairing-letter' });
  return ok({ peer, file });
}

/** The engineer typed words 1 to 4, which the operator read out. */
export function confirmAtBox(
  place: Pick<BoxPlace, 'dataDir'>,
  typed: string,
): Promise<Result<BoxProgress, Fault>> {
  return withProcessLock(place.dataDir, () => confirmInTurn(place, typed));
}

async function confirmInTurn(
  place: Pick<BoxPlace, 'dataDir'>,
  typed: string,
): Promise<Result<BoxProgress, Fault>> {
  const peer = (await readBoxPeers(place.dataDir)).find(
    ({ state }) => state === 'requested' || state === 'granted',
  );
  if (!peer) return fail(nothingOpen('confirm the words', 'outpost pair request'));
  return advance(place, peer, { type: 'words', typed });
}

/** Takes the grant M2 that came back as a file. */
export function acceptGrant(
  place: Pick<BoxPlace, 'dataDir'>,
  bytes: Uint8Array,
): Promise<Result<BoxProgress, Fault>> {
  return withProcessLock(place.dataDir, () => acceptInTurn(place, bytes));
}

async function acceptInTurn(
  place: Pick<BoxPlace, 'dataDir'>,
  bytes: Uint8Array,
): Promise<Result<BoxProgress, Fault>> {
  const keys = await readBoxKeys(place.dataDir);
  if (!keys.ok) return keys;
  const candidates = (await readBoxPeers(place.dataDir)).filter(({ request }) => request);
  let refusal: Fault = nothingOpen('take the grant', 'outpost pair request');
  for (const peer of candidates) {
    const opened = openGrantFor(peer, keys.value, bytes);
    if (opened.ok) return advance(place, peer, { type: 'grant', grant: opened.value });
    refusal = fault(
      'pairing/grant-refused',
      'Cannot take the grant: it does not answer the request of this box, or it is damaged',
      'Ask the center for the grant file again',
      'never',
      opened.fault,
    );
  }
  return fail(refusal);
}

/**
 * Shows the grant that this box has to a center that lost its record: writes `return-<ticket>.spk` to `outDir`, and the
 * agent brings the same bytes. Run again, it writes them again, until a newer grant comes.
 */
export function returnToCenter(
  place: BoxPlace,
  input: { readonly version: string; readonly outDir: string },
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<
  Result<BoxProgress & { readonly file: string; readonly words: readonly string[] }, Fault>
> {
  return withProcessLock(place.dataDir, () => returnInTurn(place, input, ports));
}

async function returnInTurn(
  place: BoxPlace,
  input: { readonly version: string; readonly outDir: string },
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<
  Result<BoxProgress & { readonly file: string; readonly words: readonly string[] }, Fault>
> {
  const peer = (await readBoxPeers(place.dataDir)).find(
    ({ state, certificate }) => maySendPatients({ state }) && certificate !== undefined,
  );
  const certificate = fromBase64url(peer?.certificate ?? '');
  const keyList = peer && openKeyListChain(peer.keyList ?? '', {});
  if (!peer || !certificate || !keyList?.ok) return fail(nothingToShow());
  const keys = await readBoxKeys(place.dataDir);
  if (!keys.ok) return keys;
  const transport = await transportKey(place.agentDataDir, peer.transport, random);
  if (!transport.ok) return transport;
  const sequence = await openSequence(join(place.dataDir, 'keys'), random, withProcessLock);
  const { bytes, words } = buildReturn(
    {
      ...{ kind: peer.kind, ticket: peer.ticket, certificate, keyList: keyList.value.list },
      ...keys.value,
      transport: transport.value,
      nonce: random.bytes(16),
      ...{ hw: `${platform()} ${arch()}`, version: input.version, nowMs: clock.nowMs() },
      ...{ stream: sequence.stream, sequence: await sequence.next() },
    },
    random,
  );
  const name = `return-${peer.ticket}.spk`;
  await writeDurably(join(place.dataDir, 'peers', name), bytes, { as: 'pairing-request' });
  const next: BoxPeer = { ...peer, isReturning: true };
  await writePeerRecord(
    place.dataDir,
    recordName(fromHex(peer.root ?? '') ?? new Uint8Array()),
    next,
  );
  const file = join(input.outDir, name);
  await writeDurably(file, bytes, { as: 'pairing-letter' });
  return ok({ peer: next, file, words });
}

function nothingToShow(): Fault {
  return fault(
    'pairing/not-now',
    'Cannot show a grant: this box is linked to no center, or was so before grants were kept',
    'Ask the center for a new card',
  );
}

function openGrantFor(peer: BoxPeer, keys: BoxKeys, bytes: Uint8Array) {
  const keyList = openKeyList(peer.keyList ?? '', {});
  if (!keyList.ok) return keyList;
  return openGrant(bytes, {
    secrets: [keys.receive],
    partyId: partyIdOfBox(keys.identity.publicKey),
    identities: centerIdentities(keyList.value),
    requestPackId: peer.request ?? '',
  });
}

async function advance(
  place: Pick<BoxPlace, 'dataDir'>,
  peer: BoxPeer,
  event: BoxEvent,
): Promise<Result<BoxProgress, Fault>> {
  const step = stepBox(peer, event);
  if (!step.ok) return step;
  const { next, notice } = step.value;
  const root = fromHex(next.root ?? '');
  if (root === undefined) throw new Error('A record with a request and without a root');
  if (next !== peer) await writePeerRecord(place.dataDir, recordName(root), next);
  return ok({ peer: next, ...(notice && { notice }) });
}

/** Each center gets a transport key of its own, so that their relays cannot tell that it is one box. */
async function transportNameFor(place: BoxPlace, name: string): Promise<string | undefined> {
  const peers = await readBoxPeers(place.dataDir);
  const own = peers.find(
    ({ root }) => recordName(fromHex(root ?? '') ?? new Uint8Array()) === name,
  );
  if (own?.request !== undefined) return own.transport;
  const others = peers.filter((peer) => peer !== own && peer.request !== undefined);
  return others.some(({ transport }) => transport === undefined) ? name : undefined;
}

async function transportKey(
  agentDataDir: string,
  name: string | undefined,
  random: Random,
): Promise<Result<SigningKey, Fault>> {
  const folder = join(agentDataDir, 'keys');
  const path = join(folder, name === undefined ? 'transport.seed' : `transport-${name}.seed`);
  const known = await readSeed(path);
  if (known.ok) return ok(signingKeyOf(known.value));
  if (known.fault.kind !== 'keys/missing') return known;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const seed = random.bytes(32);
  await writeSeed(path, seed);
  return ok(signingKeyOf(seed));
}

async function peerOfRoot(place: BoxPlace, root: Uint8Array): Promise<BoxPeer | undefined> {
  return (await readBoxPeers(place.dataDir)).find((peer) => peer.root === hex(root));
}

function requestPath(place: BoxPlace, peer: BoxPeer): string {
  return join(place.dataDir, 'peers', `enrol-${peer.ticket}.spk`);
}

function recordName(root: Uint8Array): string {
  return codeOfRoot(hex(root));
}

function nothingOpen(action: string, first: string): Fault {
  return fault(
    'pairing/not-now',
    `Cannot ${action}: no pairing is open on this box`,
    `Run ${first} first`,
  );
}
