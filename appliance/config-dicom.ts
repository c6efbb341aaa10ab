import { z } from 'zod';
import { addressField, aeTitleField, pathField } from '#sync/core/config-fields.ts';
import { isReadableCharacterSet } from '#sync/dicom/text.ts';
import { type DimseLimits, defaultDimseLimits as usual } from '#sync/dimse/limits.ts';

const kibibyte = 1024;
const hourMs = 3_600_000;

const from = (least: number, most: number, value: number) =>
  z.int().min(least).max(most).default(value);

/** The one table of limits (`sync/dimse/limits.ts`): what is left out has the usual value. */
const limits = z
  .strictObject({
    associateRequestSizeBytes: from(4 * kibibyte, kibibyte ** 2, usual.associateRequestSizeBytes),
    presentationContexts: from(1, 128, usual.presentationContexts),
    pduLengthBytes: from(4 * kibibyte, kibibyte ** 2, usual.pduLengthBytes),
    actionSizeBytes: from(64 * kibibyte, 16 * kibibyte ** 2, usual.actionSizeBytes),
    commandSizeBytes: from(4 * kibibyte, kibibyte ** 2, usual.commandSizeBytes),
    objectSizeBytes: from(kibibyte ** 2, usual.objectSizeBytes, usual.objectSizeBytes),
    droppedSizeBytes: from(kibibyte ** 2, kibibyte ** 4, usual.droppedSizeBytes),
    associationTimeoutMs: from(1_000, hourMs, usual.associationTimeoutMs),
    pduTimeoutMs: from(1_000, hourMs, usual.pduTimeoutMs),
    messageTimeoutMs: from(1_000, hourMs, usual.messageTimeoutMs),
    idleTimeoutMs: from(1_000, 24 * hourMs, usual.idleTimeoutMs),
    closeTimeoutMs: from(100, hourMs, usual.closeTimeoutMs),
    associationsPerAddress: from(1, 1_000, usual.associationsPerAddress),
    associations: from(1, 1_000, usual.associations),
    connectionsPerAddressPerS: from(1, 10_000, usual.connectionsPerAddressPerS),
  } satisfies Record<keyof DimseLimits, z.ZodType<number>>)
  .prefault({});

const port = z.int().min(1).max(65_535);

/** An address and port at which the box answers beside `host` and `port`: of a PACS it replaces, or over TLS. */
const door = z.strictObject({
  host: addressField,
  port: z.int().min(0).max(65_535),
  /** Key and certificate (PEM) of a door that speaks TLS (2762 is its registered port). */
  tls: z.strictObject({ keyFile: pathField, certificateFile: pathField }).optional(),
});

/** When the box takes on the safekeeping of images that a device asks about (storage commitment). */
const commitmentPolicies = ['delivered', 'custody', 'box'] as const;

/** SHA-256 of a certificate (DER), hex; colons as openssl prints them are let through. */
const fingerprint = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 fingerprint of 64 hex digits'));

/** A raw Specific Character Set (0008,0005), e.g. `ISO_IR 144` or `\\ISO 2022 IR 87`. */
const characterSet = z
  .string()
  .refine(isReadableCharacterSet, 'must name character sets of DICOM (PS3.3 C.12.1.1.2)');

const uidField = z.string().regex(/^[0-9.]{1,64}$/, 'must be a UID');

/** Exceptions for what one device may send. */
const storage = z
  .strictObject({
    /** SOP classes taken from it, whatever the center's list says. */
    also: z.array(uidField).default([]),
    /** SOP classes and transfer syntaxes not taken from it. */
    not: z.array(uidField).default([]),
    /** Coding that may lose is taken as the sole offer, `never`, or `first` (a device that codes once, for all). */
    lossy: z.enum(['sole', 'never', 'first']).default('sole'),
  })
  .prefault({});

const caller = z.strictObject({
  aeTitle: aeTitleField,
  /** Where it calls from; from another address it may still send, and a person is asked once. */
  address: addressField.optional(),
  /** Where it listens, for the answers of storage commitment and for `outpost modality test`. */
  port: port.optional(),
  /** It may only call over TLS, with this certificate; its address is of no matter then. */
  certificateSha256: fingerprint.optional(),
  /** What has to have happened to an image before the box confirms it for good. */
  commitment: z.enum(commitmentPolicies).default('delivered'),
  /** Where it takes the answer: on an association that the box opens, or on its own while it is open. */
  commitmentAnswer: z.enum(['other-association', 'same-association']).default('other-association'),
  /** It may look at the images of this box, too: query and retrieve. */
  mayQuery: z.boolean().default(false),
  /** What its text is in when it does not say (0008,0005); left out: as for all. */
  assumedCharacterSet: characterSet.optional(),
  storage,
});

const modalities = z.array(z.string().regex(/^[A-Z0-9_ ]{1,16}$/)).min(1);

/** A device or program that the box calls by itself: a workstation, a local PACS. */
const destination = z.strictObject({
  name: z.string().trim().min(1).max(40),
  aeTitle: aeTitleField,
  address: addressField,
  port,
  /** What a C-MOVE may send there: Modality (0008,0060), as CT; left out: everything. */
  modalities: modalities.optional(),
});

/** Images that match all that is named go to one destination, too. */
const forward = z.strictObject({
  /** Name of a destination. */
  to: z.string(),
  /** Calling AE titles; left out: all. */
  from: z.array(aeTitleField).min(1).optional(),
  /** Modality (0008,0060), as CT; left out: all. */
  modalities: modalities.optional(),
  sopClassUids: z.array(uidField).min(1).optional(),
});

/** How much of the box queries and retrievals may take. */
const query = z
  .strictObject({
    /** Matches of one query; when there are more, its last answer says so. */
    answers: from(1, 100_000, 2_000),
    /** Requests that run at a time. */
    perAddress: from(1, 100, 4),
    inAll: from(1, 1_000, 16),
  })
  .prefault({});

/** What the appliance's config says about DICOM. */
export const dicomFields = z
  .strictObject({
    /** The address to listen on. */
    host: addressField,
    /** 0 lets the platform choose; the log event `ready` names it. */
    port: z.int().min(0).max(65_535),
    doors: z.array(door).max(16).default([]),
    /** The AE titles the box answers to: its own, and those of a PACS it replaces. */
    aeTitles: z.array(aeTitleField).min(1),
    /** Who may send, beside those whom a person accepted; `any` takes every caller. */
    callers: z.union([z.literal('any'), z.array(caller)]),
    /** What the text of any source is in when it does not say, files too; empty: the bytes decide. */
    assumedCharacterSet: characterSet.default(''),
    /** Whom the box may call: forwarding, retrieval. */
    destinations: z.array(destination).default([]),
    forward: z.array(forward).default([]),
    /** Private SOP classes that are taken, beside what the center can use. */
    privateSopClasses: z.array(uidField).default([]),
    query,
    limits,
  })
  .superRefine(({ destinations, forward: rules }, context) => {
    const names = new Set<string>();
    for (const [index, { name }] of destinations.entries()) {
      const path = ['destinations', index, 'name'];
      if (names.has(name)) context.addIssue({ code: 'custom', path, message: 'comes twice' });
      names.add(name);
    }
    for (const [index, { to }] of rules.entries()) {
      if (names.has(to)) continue;
      const message = `names no destination: "${to}"`;
      context.addIssue({ code: 'custom', path: ['forward', index, 'to'], message });
    }
  });

/** The character set that is assumed of a source, from the config. */
export function assumedCharacterSets({
  callers,
  assumedCharacterSet,
}: z.infer<typeof dicomFields>): (callingAeTitle: string) => string {
  const listed = callers === 'any' ? [] : callers;
  const own = new Map(listed.map((each) => [each.aeTitle, each.assumedCharacterSet]));
  return (callingAeTitle) => own.get(callingAeTitle) ?? assumedCharacterSet;
}
