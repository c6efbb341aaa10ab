import { z } from 'zod';
import { sendingClasses } from './order.ts';
import { packIdSchema } from './pack-id.ts';

const linkStates = ['unknown', 'up', 'down'] as const;

/**
 * `spool/in/agent.json`: all that the agent tells the clinical zone about its work, rewritten at most once a
 * second. For display and scheduling only: nothing in it permits a purge.
 */
export const agentStateSchema = z.strictObject({
  format: z.literal(1),
  link: z.literal(linkStates),
  /**
   * Sealed bytes a second that the link carries when it is full, by what the relay acknowledged lately; 0 while
   * unknown.
   */
  rateBytesPerS: z.number().nonnegative(),
  /** ISO time of the last answer of a relay, or null when there was none since the start. */
  lastContactAt: z.iso.datetime().nullable(),
  /** Bytes of each pack in `out/new` that the relay has confirmed, by pack id. */
  offsets: z.record(z.string(), z.int().nonnegative()),
  /** What timetable and budget of the link say now; absent before the agent knows. */
  limits: z
    .strictObject({
      /** Bytes a second that may leave now; null: no limit; 0: nothing but STAT. */
      capBytesPerS: z.number().nonnegative().nullable(),
      /** Minute of the day, by the wall clock of the place, at which that may change; null: never. */
      capUntilMinuteOfDay: z.int().min(0).max(1439).nullable(),
      /** Classes that wait, and for what. */
      heldClasses: z.array(z.literal(sendingClasses)),
      heldBy: z.enum(['timetable', 'budget']).nullable(),
      /** The data budget of the month; null where the link is not metered. */
      budget: z
        .strictObject({
          usedBytes: z.number().nonnegative(),
          monthlyBytes: z.number().positive(),
          /** YYYY-MM-DD. */
          renewsOn: z.iso.date(),
        })
        .nullable(),
    })
    .optional(),
  /** What stands in the way now; empty when nothing does. */
  faults: z.array(
    z.strictObject({
      kind: z.string(),
      message: z.string(),
      next: z.string(),
      at: z.iso.datetime(),
      packId: packIdSchema.optional(),
    }),
  ),
});

export type AgentState = z.infer<typeof agentStateSchema>;
