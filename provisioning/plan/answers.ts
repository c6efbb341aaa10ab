import { z } from 'zod';
import { applianceConfigSchema } from '#appliance/config.ts';
import { agentConfigSchema } from '#sync/agent/config.ts';
import { type ConfigFault, parseConfig } from '#sync/core/config.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { relayName } from '#sync/seal/fields.ts';

/** One line of plain text: it ends up in unit files, on screens and in key lists. */
const line = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text');
/** Paths go into unit files and mount options, so nothing in them may have a meaning there. */
const path = z
  .string()
  .regex(/^(\/[A-Za-z0-9._-]+)+$/, 'must be an absolute path of letters, digits, ".", "_" and "-"')
  .refine((text) => !/\/\.\.?(\/|$)/.test(text), 'must not hold "." or ".." as a folder');
const aeTitle = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,16}$/, 'must be 1 to 16 letters, digits, ".", "_" or "-"');
/** Peers are addresses, never names: no clinical program has a resolver. IPv4, as the clinic's LAN is. */
const address = z.ipv4('must be an IPv4 address, not a name');
const port = z.int().min(1).max(65_535);

const network = z.strictObject({
  /** The clinic's or the reading center's own subnets, as 192.0.2.0/24. */
  lan: z.array(z.cidrv4('must be a subnet such as 192.0.2.0/24')).min(1),
  /** `lan` lets SSH in from the LAN; `off` closes the port on a box. */
  ssh: z.enum(['off', 'lan']).default('off'),
});

const site = z.strictObject({
  name: line(40),
  /** Site code, as on the card. */
  code: z.string().regex(/^[A-Z0-9-]{3,32}$/, 'must be the site code of the card, as XX-DEM-01'),
  box: line(40).default('imaging box 01'),
});

const dicom = z.strictObject({
  aeTitle,
  /** Below 1024 a program would need a privilege; 11112 is the registered port of DICOM. */
  port: port.min(1024, 'must be 1024 or more; 11112 is the usual one').default(11_112),
  /** AE titles of a PACS that the box replaces: it answers to them, too. */
  moreAeTitles: z.array(aeTitle).max(16).optional(),
  /** Ports of it, as 104, beside `port`; the firewall leads those below 1024 to `port`. */
  morePorts: z.array(port).max(15).optional(),
  /** A door that speaks TLS. */
  tls: z
    .strictObject({
      port: port.min(1024, 'must be 1024 or more').default(2_762),
      /** PEM files that the appliance's account can read; left out, setup makes a key and its own certificate. */
      keyFile: path.optional(),
      certificateFile: path.optional(),
    })
    .refine(
      ({ keyFile, certificateFile }) => (keyFile === undefined) === (certificateFile === undefined),
      'name both keyFile and certificateFile, or neither',
    )
    .optional(),
});

const modalities = z
  .array(
    z.strictObject({
      name: line(40),
      aeTitle,
      /** Left out: the modality may call from any address of the LAN. */
      address: address.optional(),
      /** Where it takes the answers of storage commitment; left out: 104. */
      port: port.optional(),
    }),
  )
  .min(1, 'name at least one modality')
  .refine(
    (all) => new Set(all.map((each) => each.aeTitle)).size === all.length,
    'two modalities have the same AE title',
  );

/** Workstations that look at the images of the box. */
const viewers = z
  .array(
    z.strictObject({
      name: line(40),
      aeTitle,
      address,
      /** Where it takes images that it has sent to it (C-MOVE); left out: it only fetches them (C-GET). */
      port: port.optional(),
    }),
  )
  .refine(
    (all) => new Set(all.map((each) => each.aeTitle)).size === all.length,
    'two viewers have the same AE title',
  )
  .refine(
    (all) => new Set(all.map((each) => each.name)).size === all.length,
    'two viewers have the same name',
  )
  .default([]);

/** Machines to which the box sends by itself: a local PACS, a console. */
const destinations = z
  .array(
    z.strictObject({
      name: line(40),
      aeTitle,
      address,
      port,
      /** What goes there; of one rule all that is named has to fit, and `{}` is everything. Left out: C-MOVE only. */
      forward: z
        .array(
          z.strictObject({
            /** Calling AE titles. */
            from: z.array(aeTitle).min(1).optional(),
            /** Modality (0008,0060), as CT. */
            modalities: z
              .array(z.string().regex(/^[A-Z0-9_ ]{1,16}$/, 'must be a modality, as CT'))
              .min(1)
              .optional(),
          }),
        )
        .default([]),
    }),
  )
  .default([]);

/** Orders of a hospital information system, as HL7 messages over TCP (MLLP). */
const orders = z.strictObject({
  /** 2575 is the registered port. */
  port: port.min(1024, 'must be 1024 or more; 2575 is the usual one').default(2_575),
  /** Whose messages are taken: MLLP knows no other proof of who calls. */
  senders: z.array(address).min(1, 'name at least one address'),
});

const pairing = z.strictObject({
  /** Folder (a stick) with `card.txt` and `center.keys`; the request is written to it, the grant read from it. */
  folder: path,
});

const delivery = z.strictObject({
  host: address,
  port,
  calledAeTitle: aeTitle,
  callingAeTitle: aeTitle.default('OUTPOST'),
});

const center = z
  .strictObject({
    name: line(64),
    phone: line(32),
    reader: z.strictObject({ name: line(64), registerNo: line(64) }),
    delivery: delivery.optional(),
    /** Instead of a PACS: a folder that takes Part 10 files. */
    deliveryFolder: path.optional(),
    reportFolder: path.default('/var/lib/outpost/report-folder'),
    reportScp: z.strictObject({ port: port.min(1024, 'must be 1024 or more'), aeTitle }).optional(),
    /** Where the root key goes: a stick that is taken away. */
    rootKeyFolder: path,
  })
  .refine(
    (each) => (each.delivery === undefined) !== (each.deliveryFolder === undefined),
    'name either a PACS in delivery or a folder in deliveryFolder',
  );

const relay = z
  .strictObject({
    id: relayName,
    /** Reached by boxes and by this center's agent. */
    url: z
      .string()
      .regex(
        /^https:\/\/([A-Za-z0-9.-]{1,120}|\[[0-9a-fA-F:]{2,45}\])(:[0-9]{1,5})?$/,
        'must be https://HOST:PORT',
      ),
    /** A relay on this machine listens here. */
    port: port.optional(),
    /** A relay elsewhere: what "outpost keys init relay" printed there, base64url. */
    spki: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional(),
    receipt: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional(),
  })
  .refine(
    ({ port: own, spki, receipt }) =>
      own === undefined ? spki !== undefined && receipt !== undefined : !spki && !receipt,
    'name either the port of a relay on this machine, or spki and receipt of one elsewhere',
  );

/** What the box's link allows, as the agent has it: `timetable`, `budget`, `timeZone`. */
const link = agentConfigSchema.pick({ timetable: true, budget: true, timeZone: true });

const common = { format: z.literal(1), network };
const boxParts = {
  site,
  dicom,
  modalities,
  viewers,
  destinations,
  orders: orders.optional(),
  link: link.optional(),
  /** Studies that travel sooner or later than others: by AE title, modality, priority of the order. */
  priorityRules: applianceConfigSchema.shape.priorityRules,
  defaultCenter: applianceConfigSchema.shape.defaultCenter,
  centerRules: applianceConfigSchema.shape.centerRules,
  pairing: pairing.optional(),
};
const centerParts = { center, relay };

/** The answers file of setup; unknown keys are refused, nothing in it is secret. */
const answersSchema = z
  .discriminatedUnion('role', [
    z.strictObject({ role: z.literal('box'), ...common, ...boxParts }),
    z.strictObject({ role: z.literal('center'), ...common, ...centerParts }),
    z.strictObject({ role: z.literal('all-in-one'), ...common, ...boxParts, ...centerParts }),
  ])
  .superRefine((answers, context) => {
    if (answers.role === 'center') return;
    const names = new Set(answers.viewers.map(({ name }) => name));
    for (const [index, { name }] of answers.destinations.entries()) {
      const path = ['destinations', index, 'name'];
      if (names.has(name)) context.addIssue({ code: 'custom', path, message: 'comes twice' });
      names.add(name);
    }
  });

export type Answers = z.infer<typeof answersSchema>;
export type BoxAnswers = Exclude<Answers, { role: 'center' }>;
export type CenterAnswers = Exclude<Answers, { role: 'box' }>;

/** Longest answers file, characters; a hostile stick must not fill the memory. */
const longestAnswers = 256 * 1024;

/** Parses an answers file. Every fault is listed at once, a line each, with the path of the key. */
export function parseAnswers(text: string): Result<Answers, ConfigFault> {
  const parsed = parseConfig('setup', answersSchema, text.slice(0, longestAnswers));
  if (parsed.ok) return ok(parsed.value);
  return fail({
    ...parsed.fault,
    next: 'Correct the answers and run setup again; nothing was changed',
  });
}

/** The box's part of the answers, when this machine is a box. */
export function boxOf(answers: Answers): BoxAnswers | undefined {
  return answers.role === 'center' ? undefined : answers;
}

/** The center's part of the answers, when this machine is a center. */
export function centerOf(answers: Answers): CenterAnswers | undefined {
  return answers.role === 'box' ? undefined : answers;
}
