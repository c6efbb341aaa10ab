import { z } from 'zod';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { textField } from '../letters/fields.ts';
import { reportStatuses } from '../letters/report.ts';

const sidecarSchema = z.strictObject({
  author: z
    .strictObject({
      name: textField(200).trim().min(1),
      registerNo: textField(64).trim().min(1),
    })
    .optional(),
  status: z.enum(reportStatuses).optional(),
  /** ISO 8601 with a time zone. */
  signedOffAt: z.iso.datetime({ offset: true }).optional(),
  critical: z
    .strictObject({ code: textField(64).min(1), text: textField(500).min(1) })
    .nullable()
    .optional(),
});

/** What NAME.json beside a dropped report says; what it leaves out comes from the config and the file. */
export type Sidecar = z.infer<typeof sidecarSchema>;

/** Parses NAME.json; absent = it says nothing. A key that is misspelt is refused: it may be the critical one. */
export function parseSidecar(
  text: string | undefined,
): Result<Sidecar, Fault<'report/bad-sidecar'>> {
  if (text === undefined) return ok({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('it is not JSON');
  }
  const parsed = sidecarSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const keys = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return refused(keys.join('; '));
}

function refused(reason: string) {
  return fail(
    fault(
      'report/bad-sidecar',
      `Cannot use the JSON file beside the report: ${reason}`,
      'Correct the JSON file and drop both again',
    ),
  );
}
