import { z } from 'zod';
import { pathField } from '#sync/core/config-fields.ts';

/** `/etc/outpost/tui.json`; the file may be absent. Options of the command line win over it. */
export const tuiConfigSchema = z.strictObject({
  format: z.literal(1),
  /** Unix socket of the box's program. Default `/run/outpost/appliance.sock`. */
  socket: pathField.optional(),
  /** Folder that reports are written to. Default: `outpost-reports` in the user's home. */
  exportDir: pathField.optional(),
});

export type TuiConfig = z.infer<typeof tuiConfigSchema>;

export const defaultConfigPath = '/etc/outpost/tui.json';
export const defaultSocket = '/run/outpost/appliance.sock';
