import type { z } from 'zod';

/** Names of fields and what they must be; never what was written into them. */
export function unusableFields({ issues }: z.ZodError): string {
  const told = issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') return `${path} has fields that no order has`.trim();
    return `${path} ${issue.message}`.trim();
  });
  return told.join('; ');
}
