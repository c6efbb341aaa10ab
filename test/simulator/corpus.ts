import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A seed that once broke an invariant, and what it was. Code that moves makes another world of it: never less of a world. */
const corpusSchema = z.array(
  z.strictObject({ seed: z.int().nonnegative(), reason: z.string().min(20) }),
);

/** Seeds that failed in the past; they run with every ordinary run. */
export function readCorpus(): z.infer<typeof corpusSchema> {
  const text = readFileSync(new URL('./corpus.json', import.meta.url), 'utf8');
  return corpusSchema.parse(JSON.parse(text));
}
