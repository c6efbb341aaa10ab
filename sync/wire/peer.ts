import { z } from 'zod';

const hex16 = z.string().regex(/^[0-9a-f]{32}$/, 'must be 16 bytes in hex');

/**
 * `spool/out/peer.json`: what the agent needs to reach its mailbox; the clinical zone writes it from the key list
 * and the grant.
 */
export const peerSchema = z.strictObject({
  format: z.literal(1),
  /** The session handle that the relay knows this party by. */
  handle: hex16,
  /** The mailbox this party reads. */
  ownMailbox: hex16,
  /** The center at the other end as people name it; absent at a center, and in what an older program wrote. */
  center: z
    .strictObject({ code: z.string().min(1).max(64), name: z.string().min(1).max(100) })
    .exactOptional(),
  /** Name of the transport key of this center, `keys/transport-<name>.seed`; absent: the first center's. */
  transport: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .exactOptional(),
  /** Tried in order. `spki` is the SHA-256 of the TLS certificate's SubjectPublicKeyInfo, base64url: the pin. */
  relays: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(64),
        urls: z.array(z.url()).min(1),
        spki: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      }),
    )
    .min(1),
});

export type Peer = z.infer<typeof peerSchema>;
