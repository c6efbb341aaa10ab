import { z } from 'zod';
import { hex, sameBytes } from '../core/bytes.ts';
import type { Random } from '../core/random.ts';
import { ok, type Result } from '../core/result.ts';
import {
  bytesOfHex,
  complaint,
  hexBinary,
  packIdField,
  shortText,
  siteCode,
  textOfHex,
} from './fields.ts';
import { type OpenedPack, openPack } from './open.ts';
import { sealPack } from './pack.ts';
import { partyIdOfBox } from './party.ts';
import type { ReceivingKey, ReceivingSecret } from './receiving-key.ts';
import { type OpenFault, refusal } from './refusal.ts';
import type { SealedPack } from './sealing.ts';
import type { SigningKey } from './signature.ts';

const grantSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('grant'),
  request: packIdField,
  version: z.int().min(1),
  state: z.enum(['provisional', 'active', 'refused', 'revoked', 'retired']),
  site: siteCode,
  handle: hexBinary(16),
  boxMailbox: hexBinary(16),
  centerMailbox: hexBinary(16),
  list: z.int().min(1),
  reason: shortText(200).exactOptional(),
});

/**
 * The center's answer to a request, and the box's certificate. `request` is the pack id of M1; `version` rises with
 * every grant to that request; `handle` and mailboxes are hex; `list` is the number of the center's key list.
 */
export type PairingGrant = Omit<z.infer<typeof grantSchema>, 'v' | 'type'>;

/** A grant that was opened, with what proves it to its center again (`OpenedPack`). */
export type OpenedGrant = PairingGrant & { readonly certificate?: Uint8Array };

/** The grant that `meta` says; undefined when it says none. */
export function grantOfMeta(meta: unknown): PairingGrant | undefined {
  const parsed = grantSchema.safeParse(meta);
  if (!parsed.success) return undefined;
  const { v: _v, type: _type, ...grant } = parsed.data;
  return grant;
}

/** Builds M2, a grant, sealed to the receiving key of the request and signed by the center's identity key. */
export function buildGrant(
  input: {
    readonly grant: PairingGrant;
    readonly identity: SigningKey;
    /** The box's Ed25519 identity key and its X-Wing key, from its request. */
    readonly boxIdentity: Uint8Array;
    readonly boxReceive: ReceivingKey;
    readonly nowMs: number;
    readonly stream: Uint8Array;
    readonly sequence: bigint;
  },
  random: Random,
): SealedPack {
  const { handle, boxMailbox, centerMailbox, ...rest } = input.grant;
  return sealPack(
    {
      class: 1,
      mailbox: bytesOfHex(boxMailbox),
      kind: 'enrol',
      meta: {
        ...rest,
        v: 1,
        type: 'grant',
        handle: textOfHex(handle),
        boxMailbox: textOfHex(boxMailbox),
        centerMailbox: textOfHex(centerMailbox),
      },
      payload: new Uint8Array(0),
      sealedAtMs: input.nowMs,
      stream: input.stream,
      sequence: input.sequence,
      recipients: [input.boxReceive],
      recipientParty: partyIdOfBox(input.boxIdentity),
      signer: input.identity,
    },
    random,
  );
}

/**
 * Opens M2 on a box that knows no mailbox of its own yet: all twelve checks, check 2 in its late form (the header's
 * mailbox is the `boxMailbox` of the meta). `identities` are the keys that sign for the center
 * (`centerIdentities`), `requestPackId` the id of the box's own M1.
 */
export function openGrant(
  bytes: Uint8Array,
  context: {
    readonly secrets: readonly ReceivingSecret[];
    readonly partyId: Uint8Array;
    readonly identities: readonly Uint8Array[];
    readonly requestPackId: string;
  },
): Result<OpenedGrant, OpenFault> {
  const opened = openPack(bytes, {
    mailbox: undefined,
    secrets: context.secrets,
    partyId: context.partyId,
    hasPackId: () => false,
    maySign: (identity, kind) =>
      kind === 'enrol' && context.identities.some((known) => sameBytes(known, identity)),
    packIdOfUid: () => undefined,
  });
  if (!opened.ok) return opened;
  const { certificate } = opened.value;
  const grant = grantOf(opened.value, context.requestPackId);
  return grant.ok && certificate ? ok({ ...grant.value, certificate }) : grant;
}

/** Check 12 of a pack of kind `enrol` at a box: a grant for its own request, in the mailbox that it grants. */
export function grantOf(
  opened: Pick<OpenedPack, 'meta' | 'payload' | 'mailbox'>,
  requestPackId: string,
): Result<PairingGrant, OpenFault> {
  const parsed = grantSchema.safeParse(opened.meta);
  if (!parsed.success) return refuse(`the grant is malformed: ${complaint(parsed.error)}`);
  const { v: _v, type: _type, ...grant } = parsed.data;
  if (opened.payload.length > 0) return refuse('a grant carries no payload');
  if (grant.request !== requestPackId) return refuse('the grant answers another request');
  if (grant.boxMailbox !== hex(opened.mailbox)) return refuse('the mailbox is not the granted one');
  return ok(grant);
}

function refuse(reason: string): { readonly ok: false; readonly fault: OpenFault } {
  return refusal(12, reason, { packKind: 'enrol' });
}
