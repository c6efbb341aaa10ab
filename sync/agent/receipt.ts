import { z } from 'zod';
import { type PackId, packIdSchema } from '../wire/pack-id.ts';

const schema = z.object({ packs: z.array(z.object({ packId: packIdSchema })) });

/**
 * The packs that a custody receipt names. The agent has no key to verify it with: it stores the text as received,
 * and the clinical side decides what it is worth.
 */
export function packsOfReceipt(text: string): readonly PackId[] {
  try {
    const file = z.object({ signed: z.string() }).parse(JSON.parse(text));
    return schema.parse(JSON.parse(file.signed)).packs.map(({ packId }) => packId);
  } catch {
    return [];
  }
}
