import { z } from 'zod';
import { addressField, aeTitleField, pathField } from '#sync/core/config-fields.ts';
import { isWritableCharacterSet } from '#sync/dicom/transliterate.ts';

const characterSet = z
  .string()
  .refine(isWritableCharacterSet, 'must be a set of one byte a character or ISO_IR 192, or empty');

/** How one device is met, by its AE title, where the usual does not fit it. */
const device = z.strictObject({
  aeTitle: aeTitleField,
  /** Its queries find the orders of all stations. */
  isAnyStation: z.boolean().default(false),
  /** Its queries find the orders of all days. */
  isAnyDate: z.boolean().default(false),
  /** Specific Character Set of its worklist, e.g. `ISO_IR 100`; left out: the one it asks in, else ASCII. */
  characterSet: characterSet.optional(),
  /** What its text is in when it does not say (0008,0005); empty: the bytes decide. */
  assumedCharacterSet: characterSet.default(''),
});

/** What the appliance's config says about orders; all of it may be left out. */
export const orderFields = z
  .strictObject({
    /** Begins the accession numbers that this box gives, e.g. `KIS`. */
    siteCode: z
      .string()
      .regex(/^[A-Z0-9]{0,4}$/, 'must be at most four capital letters or digits')
      .default(''),
    /** Patient IDs that begin with this are kept for emergencies. */
    emergencyIdPrefix: z
      .string()
      .regex(/^[A-Z0-9-]{2,8}$/, 'must be two to eight capital letters, digits or hyphens')
      .default('TMP-'),
    /** Orders put here as files (.json, .csv, .hl7) are taken; absent: no folder. */
    folder: pathField.optional(),
    /** Orders that come as HL7 v2 messages over TCP (MLLP); absent: no such door. */
    mllp: z
      .strictObject({
        host: addressField,
        /** 2575 is its registered port; 0 lets the platform choose. */
        port: z.int().min(0).max(65_535),
        /** Whose messages are taken: MLLP knows no other proof of who calls. */
        senders: z.array(addressField).min(1),
      })
      .optional(),
    /** Text of files and messages that do not say what it is in; UTF-8 is found out in any case. */
    assumedCharacterSet: characterSet.default('ISO_IR 100'),
    devices: z.array(device).default([]),
  })
  .prefault({});
