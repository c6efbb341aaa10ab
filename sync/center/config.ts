import { z } from 'zod';
import { addressField, aeTitleField, metricsField, pathField } from '../core/config-fields.ts';

const uids = (most: number) =>
  z
    .array(z.string().regex(/^[0-9.]{1,64}$/, 'must be a UID'))
    .max(most)
    .default([]);

const port = z.int().min(1).max(65_535);

/**
 * `/etc/outpost/center.json`. Exactly one of `delivery` and `deliveryFolder` is given.
 */
export const centerConfigSchema = z
  .strictObject({
    format: z.literal(1),
    /** Ledger, studies, reports, quarantine, keys and peers; default of setup: `/var/lib/outpost/center`. */
    dataDir: pathField,
    /** The folder that holds `out` and `in`. */
    spoolDir: pathField,
    /** Unix socket of the status API; at most 100 characters, the limit of the platform. */
    socket: pathField.max(100),
    /** `off` says so on every screen; for demos and tests only. */
    zones: z.enum(['enforced', 'off']).default('enforced'),
    /** The PACS that takes the images by C-STORE. */
    delivery: z
      .strictObject({
        host: addressField,
        port,
        calledAeTitle: aeTitleField,
        callingAeTitle: aeTitleField.default('OUTPOST'),
      })
      .optional(),
    /** A folder that takes the images as Part 10 files instead of a PACS. */
    deliveryFolder: pathField.optional(),
    /** What the destination takes; the boxes refuse what nobody could deliver. Absent: they are told nothing. */
    abilities: z
      .strictObject({
        /** SOP classes; empty: every standard storage class. */
        sopClasses: uids(1_000),
        /** Transfer syntaxes; empty: all that a box takes. */
        transferSyntaxes: uids(200),
        /** ISO 3166 codes of the countries that this center may receive from; empty: not told. */
        countries: z
          .array(z.string().regex(/^[A-Z]{2}$/))
          .max(300)
          .default([]),
      })
      .optional(),
    /** Reports are dropped here; what is bound to it is signed in the name of `reader`. */
    reportFolder: pathField,
    /** Who signs off a report that comes without a NAME.json beside it. */
    reader: z.strictObject({
      name: z.string().trim().min(1).max(64),
      registerNo: z.string().trim().min(1).max(64),
    }),
    /** Who may confirm a box, by name. Two or more: the words of a box need a second one of them to agree. */
    operators: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
    /** `GET /metrics` for Prometheus: a Unix socket, or a port of loopback. Absent: none. */
    metrics: metricsField.optional(),
    /** Takes Encapsulated PDF objects by C-STORE; absent: no listener. Port 0 lets the platform choose. */
    reportScp: z
      .strictObject({
        host: addressField,
        port: z.int().min(0).max(65_535),
        aeTitle: aeTitleField,
      })
      .optional(),
  })
  .refine((config) => (config.delivery === undefined) !== (config.deliveryFolder === undefined), {
    path: ['delivery'],
    message: 'name either a PACS in delivery or a folder in deliveryFolder',
  });

export type CenterConfig = z.infer<typeof centerConfigSchema>;
