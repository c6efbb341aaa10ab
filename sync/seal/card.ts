import { concat, sameBytes, utf8 } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { bytesOfQuintets, characterOf, crockfordValueOf, quintetsOf } from './crockford.ts';
import { hkdfExpand, hkdfExtract } from './hkdf.ts';
import { rootHashOf } from './key-list.ts';
import { sha256 } from './sha256.ts';

/** The low nibble of a card's first byte: a new box, or one in place of another at that site. */
export const cardKinds = { enrol: 1, replace: 2 } as const;
/** What a card is for. */
export type CardKind = keyof typeof cardKinds;

/** `mistyped`: type it again; `damaged` and `unknown`: ask for another card. */
export type CardFault = Fault<'card/mistyped' | 'card/damaged' | 'card/unknown'>;

/**
 * The 40-byte card: secret, for one site, used once (pairing design, card). `lastDay` (YYYY-MM-DD) is only shown:
 * the center's clock decides.
 */
export interface Card {
  readonly kind: CardKind;
  readonly lastDay: string;
  /** 3 bytes; `isCardForSite` compares them. */
  readonly siteTag: Uint8Array;
  /** 16 bytes, see `rootHashOf`. */
  readonly rootHash: Uint8Array;
  /** 16 random bytes. */
  readonly secret: Uint8Array;
}

/** The 40 bytes of a card. `lastDay` lies between 2026-01-01 and 2205-06-07; a bad one is a bug and throws. */
export function buildCard(fields: {
  readonly kind: CardKind;
  readonly lastDay: string;
  readonly site: string;
  readonly root: Uint8Array;
  readonly secret: Uint8Array;
}): Uint8Array {
  const day = (Date.parse(fields.lastDay) - firstDayMs) / dayMs;
  if (!Number.isInteger(day) || day < 0 || day > 0xffff || fields.secret.length !== 16) {
    throw new RangeError('Cannot make a card with this last day or secret');
  }
  const body = concat(
    Uint8Array.of(0x10 | cardKinds[fields.kind], day >> 8, day & 0xff),
    siteTagOf(fields.site),
    rootHashOf(fields.root),
    fields.secret,
  );
  return concat(body, sumOf(body));
}

/** Parses the 40 bytes of a card. */
export function parseCardBytes(bytes: Uint8Array): Result<Card, CardFault> {
  if (bytes.length !== cardSize || !sameBytes(sumOf(bytes.subarray(0, 38)), bytes.subarray(38))) {
    return refuse('card/damaged', 'its check sum is wrong');
  }
  const kind = bytes[0] === 0x11 ? 'enrol' : bytes[0] === 0x12 ? 'replace' : undefined;
  if (!kind) return refuse('card/unknown', 'it is of a kind that this version does not know');
  const day = ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0);
  return ok({
    kind,
    lastDay: new Date(firstDayMs + day * dayMs).toISOString().slice(0, 10),
    siteTag: bytes.slice(3, 6),
    rootHash: bytes.slice(6, 22),
    secret: bytes.slice(22, 38),
  });
}

/** The printed form: 16 groups of 4 characters and a check character, with dashes. */
export function cardText(bytes: Uint8Array): string {
  return groupsOf(bytes).join('-');
}

/** The content of the QR code, in the alphanumeric mode of ISO/IEC 18004: no dashes. */
export function cardQrText(bytes: Uint8Array): string {
  return `${qrPrefix}${groupsOf(bytes).join('')}`;
}

/**
 * Parses a card that was typed or scanned: lower case, O for 0, I and L for 1, dashes and white space are fine.
 * `card/mistyped` names the first wrong group, counted from 1.
 */
export function parseCard(text: string): Result<Card & { readonly bytes: Uint8Array }, CardFault> {
  const typed = text.replace(/[\s-]/g, '');
  const characters = [...(typed.toUpperCase().startsWith(qrPrefix) ? typed.slice(9) : typed)];
  const values: number[] = [];
  for (let group = 0; group < groupCount; group++) {
    const five = characters.slice(group * 5, group * 5 + 5).map(crockfordValueOf);
    const [a, b, c, d, check] = five;
    if (a === undefined || b === undefined || c === undefined || d === undefined) {
      return mistyped(group);
    }
    if (checkOf(group, [a, b, c, d]) !== check) return mistyped(group);
    values.push(a, b, c, d);
  }
  if (characters.length > groupCount * 5) return refuse('card/mistyped', 'it is too long');
  const bytes = bytesOfQuintets(values);
  const card = parseCardBytes(bytes);
  return card.ok ? ok({ ...card.value, bytes }) : card;
}

/** Whether the card was made for the site of this code. The tag is 3 bytes: a check against mix-ups only. */
export function isCardForSite(card: Card, site: string): boolean {
  return sameBytes(card.siteTag, siteTagOf(site));
}

/** The 16-byte ticket of a card: public, the relay sees it. */
export function ticketOf(card: Pick<Card, 'secret'>): Uint8Array {
  return derive(card.secret, 'outpost/v1/ticket', 16);
}

/** The 32-byte key that authenticates the request; the center keeps this, never the card. */
export function enrolKeyOf(card: Pick<Card, 'secret'>): Uint8Array {
  return derive(card.secret, 'outpost/v1/enrol-key', 32);
}

function derive(secret: Uint8Array, info: string, length: number): Uint8Array {
  return hkdfExpand(hkdfExtract(new Uint8Array(0), secret), utf8(info), length);
}

function groupsOf(bytes: Uint8Array): readonly string[] {
  const values = quintetsOf(bytes);
  return Array.from({ length: groupCount }, (_, group) => {
    const four = values.slice(group * 4, group * 4 + 4);
    return [...four, checkOf(group, four)].map(characterOf).join('');
  });
}

/** Odd weights: any one wrong character, and a group in another's place, changes the sum. */
function checkOf(group: number, four: readonly number[]): number {
  return four.reduce((sum, value, at) => sum + (2 * at + 1) * value, group) % 32;
}

function siteTagOf(site: string): Uint8Array {
  return sha256(utf8('outpost/v1/site'), Uint8Array.of(0), utf8(site)).slice(0, 3);
}

function sumOf(body: Uint8Array): Uint8Array {
  return sha256(utf8('outpost/v1/card'), Uint8Array.of(0), body).slice(0, 2);
}

function mistyped(group: number): { readonly ok: false; readonly fault: CardFault } {
  return refuse('card/mistyped', `group ${group + 1} of ${groupCount} is mistyped`);
}

function refuse(
  kind: CardFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: CardFault } {
  const next =
    kind === 'card/mistyped' ? 'Compare it with the card and type it again' : 'Ask for a new card';
  return fail(fault(kind, `Cannot read the card: ${reason}`, next));
}

const cardSize = 40;
const groupCount = 16;
const qrPrefix = 'OUTPOST1:';
const dayMs = 86_400_000;
const firstDayMs = Date.UTC(2026, 0, 1);
