import { z } from 'zod';

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `must be ${bytes} bytes in hex`);

/** States of pairing as the box keeps them, one record a center (pairing design, state machines). */
export const boxPairingStates = [
  'carded',
  'listed',
  'requested',
  'confirmed',
  'granted',
  'linked',
  'active',
  'refused',
  'revoked',
  'closed',
] as const;

/**
 * A box's record of one center: `<dataDir>/peers/<first 16 hex of the root key's SHA-256>.json`, written durably
 * before each step acts. `requested` and `granted` are reached in either order with `confirmed`; both give `linked`.
 */
export const boxPeerSchema = z.strictObject({
  format: z.literal(1),
  state: z.enum(boxPairingStates),
  /** Site code of this box, from the request. */
  site: z.string(),
  kind: z.enum(['enrol', 'replace']),
  /** The card's bytes in hex; deleted with the grant. */
  card: hex(40).optional(),
  ticket: hex(16),
  /** The newest key list of the center that verified: the file's text, `{"signed": ..., "signature": ...}`. */
  keyList: z.string().optional(),
  /** The root public key that verified the first one: the name of the center here, whatever root follows it. */
  root: hex(32).optional(),
  /** The root that signed `keyList`, once the first one was handed over. */
  listRoot: hex(32).optional(),
  /** Name of the transport key for this center; absent for the first center of the box. */
  transport: hex(8).optional(),
  /** Pack id of the request M1; its bytes are kept beside the record as `enrol-<ticket>.spk`. */
  request: hex(32).optional(),
  /** The eight words of the request; the engineer types the first four, read by the operator. */
  words: z.array(z.string()).length(8).optional(),
  wrongAttempts: z.int().nonnegative(),
  /** The newest grant that lets it in, as its center signed it: what `openGrant` gives, base64url. */
  certificate: z.string().optional(),
  /** The box shows the certificate to a center that lost its record, until a newer grant comes. */
  isReturning: z.literal(true).optional(),
  /** What letters of the center told: its newest key list, and the time by its clock (ms since 1970). */
  heard: z.strictObject({ list: z.int().nonnegative(), at: z.number().nonnegative() }).optional(),
  grant: z
    .strictObject({
      version: z.int(),
      state: z.enum(['provisional', 'active', 'refused', 'revoked', 'retired']),
      handle: hex(16),
      boxMailbox: hex(16),
      centerMailbox: hex(16),
      reason: z.string().optional(),
    })
    .optional(),
});
export type BoxPeer = z.infer<typeof boxPeerSchema>;

export const ticketStates = [
  'open',
  'expired',
  'claimed',
  'disputed',
  'active',
  'closed',
  'revoked',
  'retired',
] as const;

/** A center's record of one ticket and, once claimed, of its box: `<dataDir>/peers/<ticket>.json`. */
export const centerTicketSchema = z.strictObject({
  format: z.literal(1),
  state: z.enum(ticketStates),
  kind: z.enum(['enrol', 'replace']),
  site: z.string(),
  ticket: hex(16),
  /** Last day the ticket may be claimed, by the center's clock, YYYY-MM-DD. */
  lastDay: z.string(),
  /** k_enrol; deleted when the ticket is claimed. */
  enrolKey: hex(32).optional(),
  wrongAttempts: z.int().nonnegative(),
  /** The operator who typed the right words, while a second one must still agree. */
  confirmedBy: z.string().optional(),
  /** A person let what the retired box still sends in: images and manifests, nothing else of it. */
  isReleased: z.literal(true).optional(),
  /** What a dispute is about; words are known of requests that came before the key was burnt. */
  rivals: z
    .array(z.strictObject({ request: hex(32), words: z.array(z.string()).length(8).optional() }))
    .optional(),
  /** The record was made then (ISO, center's clock) from a grant of this center that its box kept. */
  returnedAt: z.iso.datetime().optional(),
  /** On these days (YYYY-MM-DD, center's clock) what relays had of the retired box is let in. */
  custody: z.strictObject({ from: z.string(), until: z.string() }).optional(),
  /** The box behind a claimed ticket. */
  box: z
    .strictObject({
      /** Pack id of the request M1, SHA-256 of its bytes. */
      request: hex(32),
      identity: hex(32),
      /** X-Wing public key, base64url. */
      receive: z.string(),
      transport: hex(32),
      handle: hex(16),
      boxMailbox: hex(16),
      grantVersion: z.int(),
      words: z.array(z.string()).length(8),
    })
    .optional(),
});
export type CenterTicket = z.infer<typeof centerTicketSchema>;
