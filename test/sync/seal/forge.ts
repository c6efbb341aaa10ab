import { Buffer } from 'node:buffer';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { canonicalJson, type JsonObject } from '#sync/core/canonical-json.ts';
import { encryptInto, tagLength } from '#sync/seal/aead.ts';
import { deriveBodyKey, wrapContentKey } from '#sync/seal/content-key.ts';
import { buildFixedHeader, buildStanza } from '#sync/seal/header.ts';
import { buildInnerHead } from '#sync/seal/inner.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import { openPack } from '#sync/seal/open.ts';
import type { OpenContext } from '#sync/seal/opening.ts';
import { padding } from '#sync/seal/padding.ts';
import { partyIdOfCenter } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { sign, signingKeyOf } from '#sync/seal/signature.ts';
import { shake } from './shake-random.ts';

/** Bytes to put at offsets, as the refusal vectors write them. */
export type Edits = readonly (readonly [offset: number, hex: string])[];

/** What a sealer who breaks the rules does, step by step; nothing given makes a good pack. */
export interface Forgery {
  readonly kind?: PackKind;
  readonly meta?: string;
  /** Edits of the fixed header before the content key is wrapped. */
  readonly fixed?: Edits;
  /** Edits of the inner part before it is encrypted. */
  readonly inner?: Edits;
  /** Signs the edited inner head again. */
  readonly isSignedAnew?: boolean;
  /** Bytes to add to (or, negative, to take from) the padding. */
  readonly padBytes?: number;
  /** Edits of the finished pack, then bytes to append, then bytes to cut from the end. */
  readonly pack?: Edits;
  readonly append?: string;
  readonly cut?: number;
}

const prefix = 'spk vector 2/';
const value = (name: string, length: number) => shake(prefix + name, length);

/** The parties of vector 2: it is the base of every forgery. */
export const forger = signingKeyOf(value('identity seed', 32));
export const secrets = [1, 2].map((index) =>
  receivingSecretOf(value(`recipient ${index} seed`, 32)),
);
export const partyId = partyIdOfCenter(value('party root pk', 32));
export const mailbox = value('mailbox', 16);

const goodMeta: JsonObject = { type: 'x', v: 1 };

/** The pack of vector 2 (recipients 1 and 2), changed as `forgery` says. */
export function forge(forgery: Forgery = {}): Uint8Array {
  const kind = forgery.kind ?? 'receipt';
  const meta = utf8(forgery.meta ?? canonicalJson(goodMeta));
  const payload = utf8('hello padded pack');
  const contentLength = 248 + meta.length + payload.length;
  const innerLength = padding(kind, contentLength) + (forgery.padBytes ?? 0);
  const uid = value('uid', 16);
  const contentKey = value('cek', 32);
  const { bodyKey, commitment } = deriveBodyKey(contentKey, uid);
  const fixed = edited(
    buildFixedHeader({ class: 1, recipientCount: 2, innerLength, uid, mailbox, commitment }),
    forgery.fixed,
  );
  const stanzas = [1, 0].map((at) => {
    const secret = secrets[at] ?? receivingSecretOf(new Uint8Array(32));
    const wrap = wrapContentKey(secret, fixed, contentKey, value(`encaps ${at + 1}`, 64));
    return buildStanza({ kid: secret.kid, ...wrap });
  });
  const header = concat(fixed, ...stanzas);
  const headerHash = sha256(header);
  const fields = {
    kind,
    sealedAtMs: 4_070_908_800_000,
    stream: value('stream', 16),
    sequence: 0xffff_ffff_ffff_ffffn,
    recipientParty: partyId,
  };
  const head = buildInnerHead(fields, meta, payload, headerHash, forger);
  const pad = new Uint8Array(innerLength - contentLength);
  const inner = edited(concat(head, meta, payload, pad), forgery.inner);
  if (forgery.isSignedAnew) {
    inner.set(sign(forger, 'spk/v1/sig', headerHash, inner.subarray(0, 184)), 184);
  }
  const body = new Uint8Array(innerLength + tagLength);
  encryptInto(body, bodyKey, new Uint8Array(12), headerHash, [inner]);
  const whole = edited(concat(header, body), forgery.pack);
  const bytes = concat(whole, Buffer.from(forgery.append ?? '', 'hex'));
  return bytes.subarray(0, bytes.length - (forgery.cut ?? 0));
}

/** The receiver of vector 2, who takes receipts and data from its signer. */
export function receiver(changes: Partial<OpenContext> = {}): OpenContext {
  return {
    mailbox,
    secrets: secrets.slice(0, 1),
    partyId,
    hasPackId: () => false,
    maySign: (identity, kind) =>
      hex(identity) === hex(forger.publicKey) && (kind === 'receipt' || kind === 'data'),
    packIdOfUid: () => undefined,
    ...changes,
  };
}

/** `check class` of the refusal, or `opened`. */
export function verdict(bytes: Uint8Array, context: OpenContext = receiver()): string {
  const result = openPack(bytes, context);
  return result.ok ? 'opened' : `${result.fault.check} ${result.fault.refusal}`;
}

function edited(bytes: Uint8Array, edits: Edits = []): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, text] of edits) copy.set(Buffer.from(text, 'hex'), offset);
  return copy;
}
