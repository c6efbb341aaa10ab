import type { Center, Pairing } from '#appliance/ports-pairing.ts';
import type { Party } from '#sync/center/ports-party.ts';
import { base64url, hex } from '#sync/core/bytes.ts';
import { type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import type { BoxPeer, CenterTicket } from '#sync/seal/peers.ts';
import { type ReceivingSecret, receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { type SigningKey, signingKeyOf } from '#sync/seal/signature.ts';
import { shake } from '../sync/seal/shake-random.ts';
import { secretSeed } from './markers.ts';

const hexOf = (name: string, length = 16): string => hex(shake(`simulator/${name}`, length));
const bytesOf = (name: string, length: number) => shake(`simulator/${name}`, length);
const keyOf = (name: string) => signingKeyOf(secretSeed(name));

const root = keyOf('root');

/** The relay of the world; its receipt key is the one in the center's key list. */
export const relayKeys = {
  relayId: 'relay-1',
  roots: [hex(root.publicKey)],
  spkiSha256: bytesOf('spki', 32),
  receiptKey: keyOf('receipt'),
} as const;

export const centerTransport = keyOf('center transport');

/** The keys of a center in one epoch: list, and what opens and signs under it. */
interface Epoch {
  readonly list: KeyList;
  readonly text: string;
  readonly identity: SigningKey;
  readonly secrets: readonly ReceivingSecret[];
}

const epochs = new Map<number, Epoch>();

/** Epochs of a world at most; each list announces the identities of all, as a center does before it changes. */
const mostEpochs = 3;

/** In each epoch packs are sealed to another key; those of before still open what is under way. */
function epochOf(number: number): Epoch {
  const known = epochs.get(number);
  if (known !== undefined) return known;
  const alive = [number, number - 1, number - 2].filter((each) => each >= 0);
  const identities = Array.from({ length: mostEpochs }, (_, each) =>
    keyOf(`center identity ${each}`),
  );
  const secrets = alive.map((each) => receivingSecretOf(secretSeed(`center receive ${each}`)));
  const list: KeyList = {
    v: 1,
    name: 'Demo Center',
    root: root.publicKey,
    list: number + 1,
    ledger: bytesOf('ledger', 16),
    mailbox: bytesOf('center mailbox', 16),
    phone: '+237 600 000 000',
    identity: identities.map(({ publicKey }, at) => ({
      key: publicKey,
      state: at === number ? ('current' as const) : ('old' as const),
    })),
    receive: secrets.map(({ kid, publicKey }, at) => ({
      ...{ kid, key: publicKey },
      state: at === 0 ? ('current' as const) : ('accept' as const),
    })),
    relays: [
      {
        id: relayKeys.relayId,
        urls: ['https://relay.example:8443'],
        spki: relayKeys.spkiSha256,
        receipt: relayKeys.receiptKey.publicKey,
      },
    ],
    /** Compression would be most of the time and can lose nothing that a hash does not see. */
    codingMax: 0,
  };
  const identity = keyOf(`center identity ${number}`);
  const epoch: Epoch = { list, text: signKeyList(list, root), identity, secrets };
  epochs.set(number, epoch);
  return epoch;
}

/** A box that is paired with the center, both ends of it. */
export interface BoxKeys {
  readonly name: string;
  readonly own: Pick<Pairing, 'identity' | 'receive'>;
  readonly transport: ReturnType<typeof keyOf>;
  /** The box's record of its center, in the first epoch. */
  readonly peer: BoxPeer;
  readonly ticket: CenterTicket;
}

export function boxKeys(name: string): BoxKeys {
  const identity = keyOf(`${name} identity`);
  const receive = receivingSecretOf(secretSeed(`${name} receive`));
  const transport = keyOf(`${name} transport`);
  const grant: Center['grant'] = {
    version: 1,
    state: 'active',
    handle: hexOf(`${name} handle`),
    boxMailbox: hexOf(`${name} mailbox`),
    centerMailbox: hexOf('center mailbox'),
  };
  const site = name.toUpperCase();
  const ticket = hexOf(`${name} ticket`);
  return {
    name,
    transport,
    own: { identity, receive },
    peer: {
      format: 1,
      state: 'active',
      kind: 'enrol',
      ...{ site, ticket, grant },
      wrongAttempts: 0,
      root: hex(root.publicKey),
      keyList: epochOf(0).text,
    },
    ticket: {
      format: 1,
      state: 'active',
      kind: 'enrol',
      ...{ site, ticket },
      lastDay: '2026-12-31',
      wrongAttempts: 0,
      box: {
        request: hexOf(`${name} request`, 32),
        identity: hex(identity.publicKey),
        receive: base64url(receive.publicKey),
        transport: hex(transport.publicKey),
        handle: grant.handle,
        boxMailbox: grant.boxMailbox,
        grantVersion: 1,
        words: Array.from({ length: 8 }, () => 'word'),
      },
    },
  };
}

/** The center in `epoch`; boxes named in `revoked` are no longer its own. */
export function centerParty(
  boxes: readonly BoxKeys[],
  epoch: number,
  revoked: ReadonlySet<string>,
): Party {
  const { identity, secrets, list, text } = epochOf(epoch);
  return {
    identity,
    secrets,
    keyList: list,
    keyListText: text,
    handle: hexOf('center handle'),
    transport: hex(centerTransport.publicKey),
    tickets: boxes.map(({ name, ticket }) => ({
      ...ticket,
      state: revoked.has(name) ? ('revoked' as const) : ticket.state,
    })),
  };
}
