import { z } from 'zod';

/**
 * The part of the local API where a person compares the words of a pairing, without the engineer:
 *
 *   POST /v1/pairing/words    WordsTyped in, WordsCompared out; 409 ApiFault when nothing waits for words
 *
 * The words that the box shows are in the status. Three wrong attempts end the pairing.
 */
export const wordsTypedSchema = z.strictObject({ words: z.string().trim().min(1).max(200) });

export const wordsComparedSchema = z.object({
  isRight: z.boolean(),
  /** How it stands, in one sentence. */
  text: z.string(),
});
export type WordsCompared = z.infer<typeof wordsComparedSchema>;
