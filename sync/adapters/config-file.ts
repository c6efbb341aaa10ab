import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ConfigFault, parseConfig } from '../core/config.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, type Result } from '../core/result.ts';

/** All that a tool of the keys reads of a program's config. */
export const dataDirSchema = z.object({ dataDir: z.string().min(1) });

/** Reads and parses the config file of `program` once, at start; all faults are listed together. */
export async function readConfig<T>(
  program: string,
  schema: z.ZodType<T>,
  path: string,
): Promise<Result<T, ConfigFault | Fault<'config/missing'>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    return fail(
      fault(
        'config/missing',
        `Cannot read the config of ${program} "${path}": ${cause instanceof Error ? cause.message : cause}`,
        'Name the file with --config FILE, or run setup',
        'never',
        cause,
      ),
    );
  }
  return parseConfig(program, schema, text);
}
