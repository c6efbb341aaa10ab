import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Journal, JournalEntry } from '../agent/ports.ts';
import { writeDurably } from './durable-file.ts';

const schema = z.strictObject({
  format: z.literal(1),
  cursors: z.record(z.string(), z.string()),
  month: z.string(),
  sentBytes: z.int().nonnegative(),
  fetchedBytes: z.int().nonnegative(),
  budget: z.record(z.string().regex(/^\d{4}-\d{2}$/), z.number().nonnegative()).optional(),
});

const empty: JournalEntry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };

/** The agent's one file of its own, at `path`. */
export function openJournal(path: string): Journal {
  return {
    async read() {
      try {
        const { format: _, ...entry } = schema.parse(JSON.parse(await readFile(path, 'utf8')));
        return entry;
      } catch {
        // Absent or damaged: the mailbox is read from its beginning, and what the month has cost is counted anew.
        return empty;
      }
    },
    write: (entry) =>
      writeDurably(path, `${JSON.stringify({ format: 1, ...entry })}\n`, { as: 'agent-journal' }),
  };
}
