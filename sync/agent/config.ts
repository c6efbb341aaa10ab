import { z } from 'zod';

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
});

export type AgentConfig = z.infer<typeof agentConfigSchema>;
