import { z } from 'zod';
import { aeTitleField, pathField } from '#sync/core/config-fields.ts';
import { dicomFields } from './config-dicom.ts';
import { orderFields } from './config-orders.ts';
import { orderPriorities } from './store/facts-orders.ts';
import { studyPriorities } from './store/facts-priority.ts';

const seconds = z.number().positive().max(86_400);
const mebibyte = 1024 * 1024;

const centerCode = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be the code of a center, 16 hex digits');

/** What rules of the config may name of a study. */
const ruleTerms = {
  /** Calling AE titles; left out: all. */
  from: z.array(aeTitleField).min(1).optional(),
  /** Modality (0008,0060), as CT; left out: all. */
  modalities: z
    .array(z.string().regex(/^[A-Z0-9_ ]{1,16}$/))
    .min(1)
    .optional(),
  /** What the order says (0040,1003); left out: any, and none. */
  orderPriorities: z.array(z.enum(orderPriorities)).min(1).optional(),
};

/** `/etc/outpost/appliance.json`, written by setup, read once at the start of the program. */
export const applianceConfigSchema = z.strictObject({
  format: z.literal(1),
  /** Shown on the first line of the screen. */
  siteName: z.string().trim().min(1).max(40),
  boxName: z.string().trim().min(1).max(40),
  /** Catalog, segments, letters, reports, quarantine, keys and peers; setup: `/var/lib/outpost/appliance`. */
  dataDir: pathField,
  /** The folder that holds `out` and `in`. */
  spoolDir: pathField,
  /** Unix socket of the local API; at most 100 characters, the limit of the platform. */
  socket: pathField.max(100),
  /** `off` says so on every screen; for demos and tests only. */
  zones: z.enum(['enforced', 'off']).default('enforced'),
  dicom: dicomFields,
  orders: orderFields,
  /** Files put here are taken in; the source is removed once it is durable. Absent: no folder. */
  importFolder: pathField.optional(),
  /** A file there that does not look whole is left alone until it did not change for so long, seconds. */
  importPatienceS: seconds.default(60),
  /**
   * Studies that fit all that a rule names travel at its priority, the most urgent rule of all; a person's word counts
   * over rules, and an order that is more urgent too.
   */
  priorityRules: z
    .array(
      z.strictObject({
        /** Shown with the study, e.g. `CT-ER`. */
        name: z.string().trim().min(1).max(40),
        priority: z.enum(studyPriorities),
        ...ruleTerms,
      }),
    )
    .max(100)
    .optional(),
  /** Code of the center (`outpost pair status`) of studies that no rule names; left out: the one paired first. */
  defaultCenter: centerCode.optional(),
  /**
   * Studies that fit all that a rule names are read at its center; the first rule that fits counts, at the first pack of
   * a study. A person's word counts over rules.
   */
  centerRules: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(40),
        center: centerCode,
        ...ruleTerms,
      }),
    )
    .max(100)
    .optional(),
  /** A study is complete when nothing came for so long, seconds. */
  quietS: seconds.default(20),
  /** Shortest time between two instance lists of one study that keeps growing, seconds. */
  manifestIntervalS: seconds.default(600),
  /** A study that is all at the relay for so long without the center's receipt is an alarm, seconds. */
  confirmAfterS: seconds.default(86_400),
  /** Payload at which a pack of a routine study closes, bytes (1 to 12 MiB). */
  packTargetBytes: z
    .int()
    .min(mebibyte)
    .max(12 * mebibyte)
    .default(8 * mebibyte),
  /** So many sealed bytes wait in the spool at most; the rest of the queue is sealed later. */
  sealAheadBytes: z
    .int()
    .min(mebibyte)
    .default(1024 * mebibyte),
  /** When what the center has may leave this box. */
  retention: z
    .strictObject({
      /** Shortest stay behind arrival and receipt; the law of the country may ask for more. */
      days: z.number().positive().default(30),
      /** Who keeps studies for good. `box`: nothing is ever purged here; `third`: a person confirms each study. */
      archiveOfRecord: z.enum(['center', 'box', 'third']).default('center'),
      /** From one look to the next, seconds. */
      everyS: seconds.default(3_600),
    })
    .prefault({}),
  /** Everything stored is read again and compared with its digest. */
  scrub: z
    .strictObject({
      bytesPerS: z
        .int()
        .positive()
        .default(2 * mebibyte),
      /** From the end of one pass to the next, days. */
      everyDays: z.number().positive().default(7),
    })
    .prefault({}),
  /** Bytes of the disk that intake leaves free. */
  reserveBytes: z
    .int()
    .nonnegative()
    .default(2048 * mebibyte),
});

export type ApplianceConfig = z.infer<typeof applianceConfigSchema>;
