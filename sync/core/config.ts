import type { z } from 'zod';
import { type Fault, fault } from './fault.ts';
import { fail, ok, type Result } from './result.ts';

export type ConfigFault = Fault<'config/not-json' | 'config/refused'>;

/**
 * Parses the text of one program's config file. Every fault is listed at once, one a line, with the path of the
 * key; a schema built with `z.strictObject` refuses unknown keys.
 */
export function parseConfig<T>(
  program: string,
  schema: z.ZodType<T>,
  text: string,
): Result<T, ConfigFault> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault(
        'config/not-json',
        `Cannot read the config of ${program}: it is not JSON (${reason})`,
        'Correct the file and start again',
      ),
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const faults = parsed.error.issues.map(lineOf).join('\n');
  return fail(
    fault(
      'config/refused',
      `Cannot use the config of ${program}:\n${faults}`,
      'Correct the keys named above and start again',
    ),
  );
}

function lineOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || '(top level)';
  return `  ${path}: ${issue.message}`;
}
