import { z } from 'zod';
import { studyPriorities } from '../store/facts-priority.ts';

/** How soon a study travels, and who says so; null: nobody, it is the usual. */
export const prioritySchema = z.object({
  level: z.enum(studyPriorities),
  cause: z.object({ kind: z.enum(['person', 'rule', 'order']), name: z.string() }).nullable(),
});
export type ShownPriority = z.infer<typeof prioritySchema>;

/** Where a study stands in the order of sending. */
export const turnSchema = z.object({
  /** 1: the next one. */
  place: z.number(),
  /** What it counts as now: bulk that waited a day is routine. */
  level: z.enum(studyPriorities),
  /** Studies that are sent before it. */
  ahead: z.object({ stat: z.number(), urgent: z.number(), routine: z.number(), bulk: z.number() }),
  /** Estimate until all of it is at the center, with what is sent before it; null when unknown. */
  secondsLeft: z.number().nullable(),
  /** What keeps it from being sent at all now; `until`: HH:MM, or YYYY-MM-DD, when that is known. */
  hold: z
    .object({ by: z.enum(['link', 'timetable', 'budget']), until: z.string().nullable() })
    .nullable(),
});
export type StudyTurn = z.infer<typeof turnSchema>;

/** What waits to be sent, and what the link allows now. */
export const sendingSchema = z.object({
  /** Studies by priority. */
  waiting: turnSchema.shape.ahead,
  /** Bytes a second that may leave now; null: no limit; 0: nothing but STAT. */
  capBytesPerS: z.number().nullable(),
  /** HH:MM of the place at which that may change; null: never. */
  capUntil: z.string().nullable(),
  /** What is held back, by the timetable or the budget. */
  held: z.array(z.enum(studyPriorities)),
  heldBy: z.enum(['timetable', 'budget']).nullable(),
  budget: z
    .object({ usedBytes: z.number(), monthlyBytes: z.number(), renewsOn: z.string() })
    .nullable(),
});
export type Sending = z.infer<typeof sendingSchema>;
