import { Buffer } from 'node:buffer';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
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

/** Text (as UTF-8), bytes in hex, or so many bytes of filler. */
export type Content = string | { readonly hex: string } | { readonly length: number };

/** Bytes of this pack or of the other one, `from` there, put at `to` here. */
export type Splice = readonly [source: 'self' | 'other', from: number, to: number, length: number];

/** What a sealer who breaks the rules does, step by step; test/fixtures/seal/README.md is the text of it. */
export interface Forgery {
  readonly kind?: PackKind;
  readonly meta?: Content;
  readonly payload?: Content;
  /** The stanzas wrap the content key of the other pack. */
  readonly isWrapOfOther?: boolean;
  readonly fixed?: Edits;
  readonly padBytes?: number;
  readonly inner?: Edits;
  readonly isSignedAnew?: boolean;
  readonly splice?: readonly Splice[];
  readonly pack?: Edits;
  readonly append?: string;
  readonly cut?: number;
}

const value = (name: string, length: number) => shake(`spk vector 2/${name}`, length);

/** The parties of vector 2: it is the base of every forgery. */
export const forger = signingKeyOf(value('identity seed', 32));
export const secrets = [1, 2].map((index) =>
  receivingSecretOf(value(`recipient ${index} seed`, 32)),
);
export const partyId = partyIdOfCenter(value('party root pk', 32));
export const mailbox = value('mailbox', 16);

/** The pack of vector 2 (recipients 1 and 2), changed as `forgery` says; `names` is '' or 'other '. */
export function forge(forgery: Forgery = {}, names: '' | 'other ' = ''): Uint8Array {
  const kind = forgery.kind ?? 'receipt';
  const meta = metaOf(forgery.meta ?? '{"type":"x","v":1}');
  const payload = payloadOf(forgery.payload ?? 'hello padded pack');
  const contentLength = 248 + meta.length + payload.length;
  const innerLength = padding(kind, contentLength) + (forgery.padBytes ?? 0);
  const uid = value(`${names}uid`, 16);
  const contentKey = value(`${names}cek`, 32);
  const { bodyKey, commitment } = deriveBodyKey(contentKey, uid);
  const fixed = edited(
    buildFixedHeader({ class: 1, recipientCount: 2, innerLength, uid, mailbox, commitment }),
    forgery.fixed,
  );
  const wrapped = forgery.isWrapOfOther ? value('other cek', 32) : contentKey;
  const header = headerOf(fixed, wrapped, names);
  const headerHash = sha256(header);
  const fields = {
    kind,
    sealedAtMs: 4_070_908_800_000,
    stream: value('stream', 16),
    sequence: 0xffff_ffff_ffff_ffffn,
    recipientParty: partyId,
  };
  const head = buildInnerHead(fields, meta, payload, headerHash, forger);
  const pad = new Uint8Array(Math.max(0, innerLength - contentLength));
  const inner = edited(concat(head, meta, payload, pad), forgery.inner);
  if (forgery.isSignedAnew) {
    inner.set(sign(forger, 'spk/v1/sig', headerHash, inner.subarray(0, 184)), 184);
  }
  const body = new Uint8Array(inner.length + tagLength);
  encryptInto(body, bodyKey, new Uint8Array(12), headerHash, [inner]);
  const sealed = concat(header, body);
  const whole = edited(spliced(sealed, forgery.splice), forgery.pack);
  const bytes = concat(whole, fromHexText(forgery.append ?? ''));
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

/** Headers by what they are made of: an encapsulation costs more than all the rest. */
const headers = new Map<string, Uint8Array>();

function headerOf(fixed: Uint8Array, contentKey: Uint8Array, names: string): Uint8Array {
  const key = `${hex(fixed)} ${hex(contentKey)} ${names}`;
  const known = headers.get(key);
  if (known) return known;
  const stanzas = [1, 0].map((at) => {
    const secret = secrets[at] ?? receivingSecretOf(new Uint8Array(32));
    const randomness = value(`${names}encaps ${at + 1}`, 64);
    return buildStanza({
      kid: secret.kid,
      ...wrapContentKey(secret, fixed, contentKey, randomness),
    });
  });
  const header = concat(fixed, ...stanzas);
  headers.set(key, header);
  return header;
}

function metaOf(content: Content): Uint8Array {
  if (typeof content === 'string') return utf8(content);
  if ('hex' in content) return fromHexText(content.hex);
  return utf8(`{"x":"${'a'.repeat(content.length - '{"x":""}'.length)}"}`);
}

function payloadOf(content: Content): Uint8Array {
  if (typeof content === 'string') return utf8(content);
  return 'hex' in content ? fromHexText(content.hex) : new Uint8Array(content.length);
}

function spliced(bytes: Uint8Array, splices: readonly Splice[] = []): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [source, from, to, length] of splices) {
    const origin = source === 'self' ? bytes : forge({}, 'other ');
    copy.set(origin.subarray(from, from + length), to);
  }
  return copy;
}

function edited(bytes: Uint8Array, edits: Edits = []): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, text] of edits) copy.set(fromHexText(text), offset);
  return copy;
}

function fromHexText(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
