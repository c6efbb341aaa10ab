import { z } from 'zod';

/** How soon a study travels, the most urgent first; its place here is its sending class. */
export const studyPriorities = ['stat', 'urgent', 'routine', 'bulk'] as const;
export type StudyPriority = (typeof studyPriorities)[number];

const study = z.string().max(80);
const atMs = z.number();

/** What persons and rules said of how soon a study travels. */
export const priorityFacts = [
  /** A person's word: the newest counts, over rules and orders; null takes it back. */
  z.strictObject({
    fact: z.literal('priority'),
    atMs,
    study,
    priority: z.enum(studyPriorities).nullable(),
    by: z.string().min(1).max(64),
    reason: z.string().max(500),
  }),
  /** A rule of the config fits the study. It stays when the rule goes. */
  z.strictObject({
    fact: z.literal('rule-priority'),
    atMs,
    study,
    priority: z.enum(studyPriorities),
    rule: z.string().min(1).max(40),
  }),
] as const;
