import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { ResendFiles, StudyResends } from '../center/ports-resends.ts';
import type { Log } from '../core/log.ts';
import { namesIn, onDisk, putFile, readIfThere } from './center-disk.ts';
import { syncFolder } from './durable-file.ts';

const kept = z.strictObject({
  format: z.literal(1),
  studyInstanceUid: z.string(),
  box: z.string(),
  causes: z
    .array(
      z.strictObject({
        id: z.string(),
        at: z.string(),
        reason: z.enum(['unreadable', 'incomplete', 'restored']),
        packs: z.array(z.string()).readonly(),
        instances: z.array(z.string()).readonly(),
        by: z.string().nullable(),
        why: z.string().nullable(),
        version: z.int().positive().nullable(),
      }),
    )
    .readonly(),
});

/**
 * What is asked for again as files, for good: `resends/<study>.json`, named as the study's folder is. A file that
 * cannot be read is told and passed over: its study may be asked for twice more.
 */
export function createResendFiles(dataDir: string, log: Log): ResendFiles {
  const folder = join(dataDir, 'resends');
  return {
    all: () =>
      onDisk(async () => {
        const all: StudyResends[] = [];
        const names = await namesIn(folder);
        if (names.length > 0) await syncFolder(folder);
        for (const name of names) {
          const bytes = await readIfThere(join(folder, name));
          const parsed = kept.safeParse(bytes && jsonOf(new TextDecoder().decode(bytes)));
          if (parsed.success) all.push(parsed.data);
          else if (name.endsWith('.json')) log.error('center/resend-unreadable', {});
        }
        return all;
      }),
    put: (resends) =>
      onDisk(() => {
        const name = createHash('sha256').update(resends.studyInstanceUid).digest('hex');
        return putFile(
          'center-resend',
          folder,
          `${name.slice(0, 32)}.json`,
          JSON.stringify(resends),
        );
      }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
