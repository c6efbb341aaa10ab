import { z } from 'zod';
import { metricsField, pathField } from '../core/config-fields.ts';
import { relayName } from '../seal/fields.ts';

/** `/etc/outpost/relay.json`. */
export const relayConfigSchema = z.strictObject({
  format: z.literal(1),
  /** Packs, parts, signed lists and `relay.db`; default of setup: `/var/lib/outpost/relay`. */
  dataDir: pathField,
  /** Address to listen on. */
  host: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('0.0.0.0'),
  /** Port 0 lets the platform choose; the `ready` line tells. */
  port: z.int().min(0).max(65_535),
  /** Name of this relay in the key lists of its centers. */
  relayId: relayName,
  /** ECDSA P-256, PEM; default `<dataDir>/keys/tls.crt` and `tls.key`. */
  tls: z.strictObject({ certFile: pathField, keyFile: pathField }).optional(),
  /** Signs custody receipts; default `<dataDir>/keys/receipt.seed`. */
  receiptKeyFile: pathField.optional(),
  /** Root public keys of the centers that this relay serves, hex, from their operators on paper. */
  roots: z.array(z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in hex')).min(1),
  /** Free disk space that routine packs leave untouched; urgent ones may use half. Default 512 MiB. */
  reserveBytes: z
    .int()
    .nonnegative()
    .default(512 * 1024 * 1024),
  /** Connections at most; each box holds one, and a dozen while it sends. Default 4096. */
  connections: z.int().min(16).max(65_535).default(4_096),
  /** Of them from one address, and requests under way; behind a proxy everybody has the proxy's. Default 256. */
  connectionsPerAddress: z.int().min(16).max(65_535).default(256),
  /** `GET /metrics` for Prometheus: a Unix socket, or a port of loopback. Absent: none. */
  metrics: metricsField.optional(),
});

export type RelayFileConfig = z.infer<typeof relayConfigSchema>;
