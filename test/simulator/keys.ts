import type { Center, Pairing } from '#appliance/ports.ts';
import type { Party } from '#sync/center/ports.ts';
import { base64url, hex } from '#sync/core/bytes.ts';
import { type KeyList, signKeyList } from '#sync/seal/key-list.ts';
import type { CenterTicket } from '#sync/seal/peers.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { centerOf } from '../sync/seal/parties.ts';
import { shake } from '../sync/seal/shake-random.ts';

const hexOf = (name: string, length = 16): string => hex(shake(`simulator/${name}`, length));
const keyOf = (name: string) => signingKeyOf(shake(`simulator/${name}`, 32));

const center = centerOf('simulator');
/** Coding 0: compression would be most of the time and can lose nothing that a hash does not see. */
const keyList: KeyList = { ...center.keyList, codingMax: 0 };

/** The relay of the world; its receipt key is the one in the center's key list. */
export const relayKeys = {
  relayId: 'relay-1',
  roots: [hex(center.root.publicKey)],
  spkiSha256: shake('simulator/spki', 32),
  receiptKey: signingKeyOf(shake('simulator/receipt', 32)),
} as const;

export const centerTransport = keyOf('center transport');

/** A box that is paired with the center, both ends of it. */
export interface BoxKeys {
  readonly name: string;
  readonly pairing: Pairing;
  readonly transport: ReturnType<typeof keyOf>;
  readonly ticket: CenterTicket;
}

export function boxKeys(name: string): BoxKeys {
  const identity = keyOf(`${name} identity`);
  const receive = receivingSecretOf(shake(`simulator/${name} receive`, 32));
  const transport = keyOf(`${name} transport`);
  const grant: Center['grant'] = {
    version: 1,
    state: 'active',
    handle: hexOf(`${name} handle`),
    boxMailbox: hexOf(`${name} mailbox`),
    centerMailbox: hex(keyList.mailbox),
  };
  return {
    name,
    transport,
    pairing: {
      identity,
      receive,
      centers: [
        { root: hex(center.root.publicKey), name: 'Center', state: 'active', keyList, grant },
      ],
    },
    ticket: {
      format: 1,
      state: 'active',
      kind: 'enrol',
      site: name.toUpperCase(),
      ticket: hexOf(`${name} ticket`),
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

export function centerParty(boxes: readonly BoxKeys[]): Party {
  keyListText ??= signKeyList(keyList, center.root);
  return {
    identity: center.identity,
    secrets: [center.receive],
    keyList,
    keyListText,
    handle: hexOf('center handle'),
    transport: hex(centerTransport.publicKey),
    tickets: boxes.map(({ ticket }) => ticket),
  };
}

let keyListText: string | undefined;
