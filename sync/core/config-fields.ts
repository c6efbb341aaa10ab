import { z } from 'zod';

/** A folder or file that a config names. */
export const pathField = z.string().startsWith('/', 'must be an absolute path');

/** An AE title as devices take it (PS3.5 6.2, without blanks). */
export const aeTitleField = z
  .string()
  .regex(/^[\x21-\x5b\x5d-\x7e]{1,16}$/, 'must be an AE title of 1 to 16 characters');

/** An address, never a name to resolve: no clinical process has a resolver (zones design). */
export const addressField = z.union([z.ipv4(), z.ipv6()], 'must be an IP address, not a name');

/** Where a program tells its metrics: a Unix socket (at most 100 characters) or a port of loopback. */
export const metricsField = z.union([
  z.strictObject({ socket: pathField.max(100) }),
  z.strictObject({ port: z.int().min(0).max(65_535) }),
]);
