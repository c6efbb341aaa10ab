import { z } from 'zod';
import { base64url, sameBytes, utf8 } from '../core/bytes.ts';
import { canonicalJson, type JsonObject } from '../core/canonical-json.ts';
import { ok, type Result } from '../core/result.ts';
import { binary, complaint, relayName, shortText } from './fields.ts';
import { parseReceivingKey, type ReceivingKey } from './receiving-key.ts';
import { sha256 } from './sha256.ts';
import { isSoundPublicKey, type SigningKey } from './signature.ts';
import { damaged, openSignedFile, type SignedFileFault, signFile } from './signed-file.ts';

const identitySchema = z.strictObject({
  key: binary(32).refine(isSoundPublicKey, 'must be a key that may sign'),
  state: z.enum(['current', 'old', 'revoked']),
});

const receiveSchema = z
  .strictObject({
    kid: binary(8),
    key: binary(1216),
    state: z.enum(['current', 'accept', 'future', 'gone']),
  })
  .refine(({ kid, key }) => isKeyOf(kid, key), 'must be a receiving key under its own key id');

const relaySchema = z.strictObject({
  id: relayName,
  urls: z
    .array(z.url({ protocol: /^https$/ }))
    .min(1)
    .max(8),
  spki: binary(32),
  receipt: binary(32).refine(isSoundPublicKey, 'must be a key that may sign'),
});

const datesSchema = z.strictObject({
  v: z.literal(1),
  issued: z.iso.date(),
  followBy: z.iso.date(),
});

const keyListSchema = z
  .strictObject({
    v: z.literal(1),
    name: shortText(100).min(1),
    root: binary(32).refine(isSoundPublicKey, 'must be a key that may sign'),
    list: z.int().min(1),
    ledger: binary(16),
    mailbox: binary(16),
    phone: shortText(40),
    identity: z.array(identitySchema).min(1).max(64),
    receive: z.array(receiveSchema).min(1).max(64),
    relays: z.array(relaySchema).max(16),
    codingMax: z.int().min(0).max(255),
    dates: z
      .union([datesSchema, z.object({ v: z.int().min(2) }).catchall(z.json())])
      .exactOptional(),
    nextRoot: binary(32).refine(isSoundPublicKey, 'must be a key that may sign').exactOptional(),
  })
  .refine(
    ({ receive }) => receive.filter(({ state }) => state === 'current').length === 1,
    'must have exactly one current receiving key',
  );

/**
 * The public file of a center, `center.keys` (pairing design, key list): who signs for it, what is sealed to it,
 * where its relays are. Binary values are bytes here and base64url in the file. `list` rises with every issue;
 * `ledger` changes when the center was restored from a backup; `spki` is SHA-256 of a relay's
 * SubjectPublicKeyInfo; `receipt` is the Ed25519 key of its custody receipts. `dates`, by the center's clock, are absent
 * in older lists; a later form of them is kept and says nothing here (`datesOf`).
 */
export type KeyList = z.infer<typeof keyListSchema>;

/** The signed text of a key list; `root` must be the key that the list names. */
export function signKeyList(list: KeyList, root: SigningKey): string {
  if (!sameBytes(list.root, root.publicKey)) throw new RangeError('Cannot sign for another root');
  return signFile(root, label, encode(list));
}

/**
 * The key list in `text`, signed by the root that it names. `trust` says which root that may be: the first 16 bytes
 * of its hash (from the card), or the key itself (after pairing). Neither: only for the center's own file.
 */
export function openKeyList(
  text: string | Uint8Array,
  trust: { readonly rootHash?: Uint8Array; readonly root?: Uint8Array },
): Result<KeyList, SignedFileFault> {
  let complaintText = 'it is not a key list';
  let list: KeyList | undefined;
  if (trust.root !== undefined) {
    // A stranger's list is refused by its signature, before any of it is parsed.
    const signed = openSignedFile(text, label, [trust.root]);
    if (!signed.ok) return signed;
  }
  const opened = openSignedFile(text, label, (value) => {
    const parsed = keyListSchema.safeParse(value);
    list = parsed.data;
    if (parsed.error) complaintText = complaint(parsed.error);
    return list && isTrustedRoot(list.root, trust) ? list.root : undefined;
  });
  if (list === undefined) return damaged(complaintText);
  return opened.ok ? ok(list) : opened;
}

/**
 * What an opened list means to who holds `known`: `higher` replaces it; `same` is a repeat; `lower` is ignored and
 * counted; `alarm` is another list under a number that is taken, or a list of another root: keep `known`. Where
 * `known` names a next root, a higher list must be of that one.
 */
export function acceptKeyList(
  known: KeyList,
  incoming: KeyList,
): 'higher' | 'same' | 'lower' | 'alarm' {
  if (incoming.list > known.list) {
    return sameBytes(incoming.root, known.nextRoot ?? known.root) ? 'higher' : 'alarm';
  }
  if (incoming.list < known.list) return 'lower';
  return canonicalJson(encode(incoming)) === canonicalJson(encode(known)) ? 'same' : 'alarm';
}

/** SHA-256("outpost/v1/root" 00, root)[0..16], the root's fingerprint on a card. */
export function rootHashOf(root: Uint8Array): Uint8Array {
  return sha256(utf8('outpost/v1/root'), Uint8Array.of(0), root).slice(0, 16);
}

/** The one key that packs for this center are sealed to now. */
export function currentReceivingKey(list: KeyList): ReceivingKey {
  const current = list.receive.find(({ state }) => state === 'current');
  if (!current) throw new RangeError('A key list without a current receiving key was let in');
  return { kid: current.kid, publicKey: current.key };
}

/** When the list was issued and when its current receiving key is to be followed, ms since 1970, center clock. */
export function datesOf({
  dates,
}: Pick<KeyList, 'dates'>): { readonly issuedMs: number; readonly followByMs: number } | undefined {
  const known = datesSchema.safeParse(dates);
  if (!known.success) return undefined;
  return { issuedMs: Date.parse(known.data.issued), followByMs: Date.parse(known.data.followBy) };
}

/** The keys that sign for this center: current, and old ones for what was under way at a change; never revoked. */
export function centerIdentities(list: KeyList): readonly Uint8Array[] {
  return list.identity.filter(({ state }) => state !== 'revoked').map(({ key }) => key);
}

/** Whether `identity` is one of `centerIdentities`. */
export function isCenterIdentity(list: KeyList, identity: Uint8Array): boolean {
  return centerIdentities(list).some((key) => sameBytes(key, identity));
}

function isTrustedRoot(
  root: Uint8Array,
  trust: { readonly rootHash?: Uint8Array; readonly root?: Uint8Array },
): boolean {
  if (trust.rootHash && !sameBytes(rootHashOf(root), trust.rootHash)) return false;
  return !trust.root || sameBytes(root, trust.root);
}

function isKeyOf(kid: Uint8Array, key: Uint8Array): boolean {
  const parsed = parseReceivingKey(key);
  return parsed !== undefined && sameBytes(parsed.kid, kid);
}

function encode({ nextRoot, ...list }: KeyList): JsonObject {
  return {
    ...list,
    root: base64url(list.root),
    ledger: base64url(list.ledger),
    mailbox: base64url(list.mailbox),
    identity: list.identity.map(({ key, state }) => ({ key: base64url(key), state })),
    receive: list.receive.map(({ kid, key, state }) => ({
      kid: base64url(kid),
      key: base64url(key),
      state,
    })),
    relays: list.relays.map(({ id, urls, spki, receipt }) => ({
      id,
      urls,
      spki: base64url(spki),
      receipt: base64url(receipt),
    })),
    ...(nextRoot && { nextRoot: base64url(nextRoot) }),
  };
}

const label = 'outpost/v1/keylist';
