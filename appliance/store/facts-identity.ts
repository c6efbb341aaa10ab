import { z } from 'zod';

const study = z.string().max(80);
const atMs = z.number();
/** The person who says so. */
const by = z.string().min(1).max(64);

/** What people decided about whose a study is, and whether one from a medium is sent. */
export const identityFacts = [
  /** The study came from a medium: it is sent only when a person asks for it. */
  z.strictObject({ fact: z.literal('outside'), atMs, study }),
  /** A person said whose the study is; the newest one counts. The datasets stay as they are. */
  z.strictObject({
    fact: z.literal('assigned'),
    atMs,
    study,
    by,
    patient: z.strictObject({
      id: z.string().min(1).max(64),
      issuer: z.string().max(64),
      name: z.string().max(200),
      birthDate: z.string().max(8),
      sex: z.string().max(16),
    }),
  }),
  /** A person asked that an outside study is sent. */
  z.strictObject({ fact: z.literal('released'), atMs, study, by }),
] as const;
