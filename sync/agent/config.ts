import { z } from 'zod';
import { localTimeIn } from '../core/local-time.ts';
import { parseTimetable } from './timetable.ts';

const path = z.string().startsWith('/', 'must be an absolute path');

/** `/etc/outpost/agent.json`. Relays, handle and mailbox come from the spool (`peer.json`). */
export const agentConfigSchema = z.strictObject({
  format: z.literal(1),
  /** The journal and the transport key; default of setup: `/var/lib/outpost/agent`. */
  dataDir: path,
  /** The folder that holds `out` and `in`. */
  spoolDir: path,
  /** Default `<dataDir>/keys/transport.seed`; pairing writes it. */
  transportKeyFile: path.optional(),
  /** Rates by the time of the day, as `07:00 512k 20:00 off` (see `timetable.ts`); default: no limit. */
  timetable: z.string().max(2_000).superRefine(isTimetable).optional(),
  /** What may cross the link in a month; absent: it is not metered. */
  budget: z
    .strictObject({
      monthlyBytes: z.int().min(100 * 1024 ** 2),
      /** Day of the month on which it is counted anew. */
      resetDay: z.int().min(1).max(28).default(1),
    })
    .optional(),
  /** IANA name of the place's time zone, for both; default: the machine's. */
  timeZone: z.string().refine(isTimeZone, 'must be a time zone like Africa/Nairobi').optional(),
});

function isTimetable(text: string, context: z.RefinementCtx): void {
  const parsed = parseTimetable(text);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.fault.message });
}

function isTimeZone(name: string): boolean {
  try {
    localTimeIn(name);
    return true;
  } catch {
    return false;
  }
}

export type AgentConfig = z.infer<typeof agentConfigSchema>;
