import { readFileSync } from 'node:fs';
import { fromHex, hex } from '#sync/core/bytes.ts';
import type { Direction, LetterFault } from '#sync/letters/fields.ts';
import { parseLetter } from '#sync/letters/letter.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import { type Check, openPack, type RefusalClass } from '#sync/seal/open.ts';
import type { OpenContext } from '#sync/seal/opening.ts';
import { type Forgery, forge, forger, receiver, secrets } from './forge.ts';

/** How the receiver of a vector differs from that of vector 2; bytes in hex. */
export interface Receiver {
  /** Null = none yet: a box that waits for its grant. */
  readonly mailbox?: string | null;
  /** Numbers of the recipients whose seed it holds. */
  readonly seeds?: readonly number[];
  readonly party?: string;
  /** Kinds that it takes from those it trusts. */
  readonly takes?: readonly PackKind[];
  /** Identity keys that it trusts beside the signer of the vector. */
  readonly trusts?: readonly string[];
  /** Whether it opened this very pack before. */
  readonly isKnown?: boolean;
  /** Id of the pack that it knows under every signer and uid. */
  readonly usedBy?: string;
  /** It reads the letter too, as one that goes this way. */
  readonly reads?: Direction;
}

/** A pack that opens; `packId` proves that it was forged as the vector says. */
export interface Vector {
  readonly name: string;
  readonly packId: string;
  readonly forgery?: Forgery;
  readonly receiver?: Receiver;
}

/** A pack that is refused; `reason` begins the text of the journal. */
export interface RefusalVector extends Vector {
  readonly check: Check;
  readonly refusal: RefusalClass;
  readonly reason: string;
  /** What the letter's refusal is, at check 12. */
  readonly letter?: LetterFault['kind'];
}

export interface Verdict {
  readonly check: Check;
  readonly refusal: RefusalClass;
  readonly reason: string;
  /** The text that may be said outside. */
  readonly outside: string;
  readonly letter?: LetterFault['kind'];
}

/** The refusals, and the packs at the limits that open. */
export interface Vectors {
  readonly refusals: readonly RefusalVector[];
  readonly opens: readonly Vector[];
}

export const refusalsUrl = new URL('../../fixtures/seal/refusals.json', import.meta.url);

export function readVectors(): Vectors {
  return JSON.parse(readFileSync(refusalsUrl, 'utf8'));
}

/** The text of the fixture: one vector a line. */
export function textOf({ refusals, opens }: Vectors): string {
  const lines = (vectors: readonly Vector[]): string =>
    vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
  const about = 'Refusals of SPK v1; README.md beside this file says how to read and forge them.';
  return `{\n  "about": ${JSON.stringify(about)},\n  "refusals": [\n${lines(refusals)}\n  ],\n  "opens": [\n${lines(opens)}\n  ]\n}\n`;
}

/** All twelve checks of a vector's pack; undefined = it opens and its letter, where it is read, makes sense. */
export function judge(vector: Vector, bytes = forge(vector.forgery)): Verdict | undefined {
  const opened = openPack(bytes, receiverOf(vector.receiver ?? {}));
  if (!opened.ok) {
    const { check, refusal, reason, message } = opened.fault;
    return { check, refusal, reason, outside: message };
  }
  const direction = vector.receiver?.reads;
  if (direction === undefined) return undefined;
  const { kind, meta, payload } = opened.value;
  const letter = parseLetter(kind, meta, payload, direction);
  if (letter.ok) return undefined;
  const { kind: faultKind, message } = letter.fault;
  return { check: 12, refusal: 'meaning', reason: message, outside: message, letter: faultKind };
}

function receiverOf(changes: Receiver): OpenContext {
  const { seeds = [1], takes = ['receipt', 'data'], trusts = [], isKnown = false } = changes;
  const trusted = [hex(forger.publicKey), ...trusts];
  return receiver({
    ...(changes.mailbox !== undefined && { mailbox: bytesOrNone(changes.mailbox) }),
    ...(changes.party !== undefined && { partyId: fromHex(changes.party) ?? new Uint8Array() }),
    secrets: seeds.flatMap((index) => secrets[index - 1] ?? []),
    hasPackId: () => isKnown,
    maySign: (identity, kind) => trusted.includes(hex(identity)) && takes.includes(kind),
    packIdOfUid: () => changes.usedBy,
  });
}

function bytesOrNone(text: string | null): Uint8Array | undefined {
  return text === null ? undefined : fromHex(text);
}
