import { z } from 'zod';
import { packIdSchema } from './pack-id.ts';

const linkStates = ['unknown', 'up', 'down'] as const;

/**
 * `spool/in/agent.json`: all that the agent tells the clinical zone about its work, rewritten at most once a
 * second. For display and scheduling only: nothing in it permits a purge.
 */
export const agentStateSchema = z.strictObject({
  format: z.literal(1),
  link: z.literal(linkStates),
  /** Sealed bytes a second that the relay acknowledged lately; 0 while unknown. */
  rateBytesPerS: z.number().nonnegative(),
  /** ISO time of the last answer of a relay, or null when there was none since the start. */
  lastContactAt: z.iso.datetime().nullable(),
  /** Bytes of each pack in `out/new` that the relay has confirmed, by pack id. */
  offsets: z.record(z.string(), z.int().nonnegative()),
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
