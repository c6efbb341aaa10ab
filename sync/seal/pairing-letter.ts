import { base64url } from '../core/bytes.ts';
import type { JsonObject } from '../core/canonical-json.ts';
import type { Random } from '../core/random.ts';
import { ok, type Result } from '../core/result.ts';
import { currentReceivingKey, type KeyList } from './key-list.ts';
import { openPack } from './open.ts';
import { sealPack } from './pack.ts';
import { signTransport } from './pairing-transcript.ts';
import { partyIdOfCenter } from './party.ts';
import type { ReceivingSecret } from './receiving-key.ts';
import { type OpenFault, refusal } from './refusal.ts';
import type { SealedPack } from './sealing.ts';
import type { SigningKey } from './signature.ts';

/** What a box puts into a letter of pairing, whatever it asks its center for. */
export interface LetterOfBox {
  /** The newest one of the center. */
  readonly keyList: KeyList;
  readonly identity: SigningKey;
  readonly receive: ReceivingSecret;
  readonly transport: SigningKey;
  /** 16 random bytes, drawn for this letter. */
  readonly nonce: Uint8Array;
  /** The machine, in words of the box. */
  readonly hw: string;
  /** The box's software version. */
  readonly version: string;
  readonly nowMs: number;
  readonly stream: Uint8Array;
  readonly sequence: bigint;
}

/**
 * Seals a letter to the current epoch of the center, signed by the box. `said` is what it alone says; the transport key
 * signs `transcript`.
 */
export function sealLetter(
  box: LetterOfBox,
  said: JsonObject,
  transcript: Uint8Array,
  random: Random,
): SealedPack {
  const { keyList, identity, receive, transport, hw, version, stream, sequence } = box;
  return sealPack(
    {
      class: 1,
      mailbox: keyList.mailbox,
      kind: 'enrol',
      meta: {
        v: 1,
        ...said,
        receive: base64url(receive.publicKey),
        transport: base64url(transport.publicKey),
        nonce: base64url(box.nonce),
        transportSig: base64url(signTransport(transport, transcript)),
        ...{ hw, version },
      },
      payload: new Uint8Array(0),
      sealedAtMs: box.nowMs,
      ...{ stream, sequence },
      recipients: [currentReceivingKey(keyList)],
      recipientParty: partyIdOfCenter(keyList.root),
      signer: identity,
    },
    random,
  );
}

/** Whose letters a center opens. */
export interface LetterContext {
  readonly secrets: readonly ReceivingSecret[];
  readonly partyId: Uint8Array | readonly Uint8Array[];
  readonly mailbox: Uint8Array;
}

/**
 * Opens a letter of pairing at the center: all twelve checks, step 8 by `prove`, which answers with the reason when it
 * fails. `what` names the letter in the refusal of one with a payload.
 */
export function openLetter<Proved extends object>(
  bytes: Uint8Array,
  { mailbox, secrets, partyId }: LetterContext,
  what: 'request' | 'return',
  prove: (meta: JsonObject, signer: Uint8Array) => Proved | string,
): Result<{ readonly packId: string; readonly proved: Proved }, OpenFault> {
  let proved: Proved | undefined;
  const opened = openPack(bytes, {
    ...{ mailbox, secrets, partyId },
    hasPackId: () => false,
    maySign: () => false,
    packIdOfUid: () => undefined,
    enrol({ signer, meta }) {
      const result = prove(meta, signer);
      if (typeof result === 'string') return result;
      proved = result;
      return undefined;
    },
  });
  if (!opened.ok) return opened;
  const { packId, payload } = opened.value;
  if (!proved || payload.length > 0) {
    return refusal(12, `a ${what} carries no payload`, { packKind: 'enrol' });
  }
  return ok({ packId, proved });
}
