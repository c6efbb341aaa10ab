import type { Json } from '../core/canonical-json.ts';
import { bytesOfHex } from '../seal/fields.ts';
import { type SealedPack, sealPack } from '../seal/pack.ts';
import { partyIdOfBox } from '../seal/party.ts';
import type { Box } from './boxes.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';

/** Return-path packs always say class 1 outside; the sending order alone tells them apart. */
const headerClass = 1;

/** Seals a letter of this center to one box. Each call makes another pack. */
export async function sealToBox(
  { sequence, clock, random }: Pick<CenterPorts, 'sequence' | 'clock' | 'random'>,
  party: Party,
  box: Box,
  letter: {
    readonly kind: 'receipt' | 'report' | 'control';
    readonly meta: Json;
    readonly payload: Uint8Array;
  },
): Promise<SealedPack> {
  return sealPack(
    {
      ...letter,
      class: headerClass,
      mailbox: box.mailbox,
      sealedAtMs: clock.nowMs(),
      stream: sequence.stream,
      sequence: await sequence.next(),
      recipients: [box.receive],
      recipientParty: partyIdOfBox(bytesOfHex(box.identity)),
      signer: party.identity,
    },
    random,
  );
}
