import type { Climate } from './climate.ts';
import type { Mistakes } from './disk/mount.ts';

/**
 * Bugs that may be planted into a world, to prove that its oracle sees. Each is a mistake that somebody could make in
 * an adapter or in a decision, put between a program and its port.
 */
export const bugs = [
  /** The box says success for a record that is in the page cache only. */
  'success before durable',
  /** The box syncs a new segment and not its folder. */
  'segment without a name',
  /** The box notes what was sealed, in custody or delivered, and does not wait for the disk. */
  'fact before durable',
  /** The center writes down what a pack said, and the objects in it are in the page cache only. */
  'entry before its objects',
  /** An object gets its name at the center, and its bytes are synced after that. */
  'rename before sync',
  /** The relay signs for a pack that is in the page cache only. */
  'custody before durable',
  /** The relay syncs a pack and not the folder that names it. */
  'custody without a name',
  /** The agent acknowledges a pack that is in the page cache only. */
  'arrival before durable',
  /** The center says that it has a pack when what it wrote of it has no lasting name. */
  'entry without a name',
  /** The center marks a pack taken before it kept anything of it. */
  'taken before kept',
  /** The center notes every instance of a batch as stored, whatever the PACS answered. */
  'answer not read',
  /** What was under way when the center died counts as stored. */
  'crash counts as stored',
  /** The answer of the PACS is not written down. */
  'answer not noted',
  /** The delivery adapter changes a byte. */
  'byte changed',
  /** The box takes the receipts of the relay for delivery receipts and purges. */
  'custody taken for delivery',
  /** A pack gets the outside of a sealed one around bytes in the clear. */
  'sealed in name only',
  /** The box seals all that it has at once, whatever its spool may hold. */
  'sealed without bound',
  /** The agent throws the receipts of the relay away. */
  'custody not kept',
  /** The client repeats each upload by itself. */
  'sent twice',
  /** The order of the box says STAT of nothing. */
  'STAT behind the others',
  /** The agent begins its count of bytes anew at every start. */
  'budget forgotten',
  /** The relay begins every unfinished pack anew at its start. */
  'parts forgotten',
  /** The box gives a segment back whose live records it has not copied. */
  'room before the copy',
  /** The agent leaves a pack alone that has waited for a week. */
  'old packs given up',
  /** The month of the agent ends ten seconds before that of the owner of the link. */
  'month ends early',
  /** The box believes its memory for what lies in its spool. */
  'spool not looked at',
  /** The box never asks after a pack that the relay signed for. */
  'custody believed',
  /** The center opens with the keys of the epoch that it is in, and no others. */
  'old keys thrown away',
  /** The relay appends each piece as it comes. */
  'pieces in the order of arrival',
  /** Box and center deliver the second content of a UID like the first. */
  'conflict overlooked',
  /** The agent reckons its pauses and deadlines by a clock that people set. */
  'pauses by the wall clock',
  /** The box does not look for what the center asks for again. */
  'asked again in vain',
] as const;
export type Bug = (typeof bugs)[number];

/** An fsync that is left out, or comes too late, by the path of its file or folder. */
const mistakes: { readonly [B in Bug]?: Mistakes } = {
  'success before durable': forgets('file', /^data\/segments\//),
  'segment without a name': forgets('folder', /^data\/segments$/),
  'fact before durable': forgets('file', /^data\/letters\/facts-/),
  'entry before its objects': forgets('file', /^data\/studies\/.*\.dcm\./),
  'rename before sync': { isLate: (path) => /^data\/studies\/.*\.dcm\./.test(path) },
  'custody before durable': forgets('file', /^relay\/parts\//),
  'custody without a name': forgets('folder', /^relay\/packs\//),
  'arrival before durable': forgets('file', /^spool\/in\/tmp\/.*part$/),
  'entry without a name': forgets('folder', /^data\/studies\//),
};

function forgets(what: 'file' | 'folder', pattern: RegExp): Mistakes {
  return { isForgotten: (kind, path) => kind === what && pattern.test(path) };
}

/** Nothing that would take a bug's place. */
const quiet = { crashes: false, power: 0, disk: 0, clock: false, revocation: false } as const;

/** The climate in which a bug shows that needs one. */
export const climates: { readonly [B in Bug]?: Partial<Climate> } = {
  'custody taken for delivery': { housekeeping: false },
  'answer not read': { pacs: 1, crashes: false, power: 0, disk: 0 },
  'sealed without bound': { stat: true, crashes: false, power: 0, disk: 0 },
  'parts forgotten': { stat: true, net: 0, pacs: 0, power: 0, disk: 0, clock: false },
  'budget forgotten': {
    ...{ budgetBytes: 100_000, monthEnds: false, stat: true, clock: false, outageMs: 0 },
    ...{ net: 0, rates: false, pacs: 0, power: 0, disk: 0 },
  },
  'STAT behind the others': { stat: true, net: 0, rates: false, crashes: false, power: 0, disk: 0 },
  'room before the copy': { housekeeping: true, net: 0, pacs: 0, ...quiet },
  'old packs given up': { outageMs: 14 * 86_400_000, ...quiet },
  'month ends early': { ...quiet, budgetBytes: 100_000, monthEnds: true, stat: true },
  'spool not looked at': { renames: true, housekeeping: false, ...quiet },
  'custody believed': { relay: 'old', ...quiet },
  'old keys thrown away': { epochs: true, ...quiet },
  'pieces in the order of arrival': { stat: true, ...quiet },
  'pauses by the wall clock': { ...quiet, clock: true, net: 1 },
  'asked again in vain': { ...quiet, rot: true },
};

/**
 * The invariants that a bug breaks, as a violation begins. Nothing else proves that the oracle sees it; a program that
 * then ends by itself or is killed for it does as well.
 */
export const shows: { readonly [B in Bug]: RegExp } = {
  'success before durable': /^S1/,
  'segment without a name': /^S1/,
  'fact before durable': /^S[1346]/,
  'entry before its objects': /^S1/,
  'rename before sync': /^S1/,
  'custody before durable': /^S1/,
  'custody without a name': /^S1/,
  'arrival before durable': /^S[16]/,
  'entry without a name': /^S[16]/,
  'taken before kept': /^S[167]/,
  'answer not read': /^S4/,
  'crash counts as stored': /^S4/,
  'answer not noted': /^S3/,
  'byte changed': /^S2/,
  'custody taken for delivery': /^S[14]/,
  'sealed in name only': /^S5/,
  'sealed without bound': /^S10/,
  'custody not kept': /^S7/,
  'sent twice': /^S9/,
  'STAT behind the others': /^S8/,
  'budget forgotten': /^S11/,
  'parts forgotten': /^S9/,
  'room before the copy': /^S[14]/,
  'old packs given up': /^S7/,
  'month ends early': /^S11/,
  'spool not looked at': /^S7/,
  'custody believed': /^S7/,
  'old keys thrown away': /^S[16]/,
  'pieces in the order of arrival': /^S[79]/,
  'conflict overlooked': /^S2/,
  'pauses by the wall clock': /^S7/,
  'asked again in vain': /^S7/,
};

/** What the adapters of every machine do wrong on their disk. */
export function mistakesOf(bug: Bug | undefined): Mistakes {
  return (bug && mistakes[bug]) ?? {};
}

/** Writes before one of which a program dies: one of the first 8, or `most`, of a life. */
export interface Aim {
  readonly write: RegExp;
  readonly most?: number;
}

/**
 * The writes before which programs of a world with this bug like to die, for bugs that show only there: the search
 * must not depend on luck.
 */
export const aims: { readonly [B in Bug]?: Aim } = {
  'fact before durable': { write: /^box-\d .* data\/letters\// },
  'rename before sync': { write: /^center sync late/, most: 3 },
  'arrival before durable': { write: /^center .*data\/(studies|entries)/ },
  'taken before kept': { write: /^center .*(data\/(studies|entries)|spool\/out\/taken)/ },
  'crash counts as stored': { write: /^center (database|C-STORE)$/ },
  'answer not noted': { write: /^center database$/ },
  'parts forgotten': { write: /^relay write relay\/parts/, most: 60 },
  'budget forgotten': { write: /^agent of box-1 .* agent\// },
};
