import { base64url } from '../core/bytes.ts';
import { inlineSizeBytes, inlineTotalBytes } from '../wire/limits.ts';
import type { Letter } from '../wire/routes.ts';
import type { PackRow, PackStore } from './ports.ts';

/** The highest class that may not wait for a round trip. */
const urgentClass = 1;

/**
 * The packs of an answer: those of its page, the small urgent ones among them with their bytes, then those that lie
 * `ahead` of their turn, which only get their names: they are named again when their page comes.
 */
export async function lettersOf(
  store: Pick<PackStore, 'readPack'>,
  page: readonly PackRow[],
  ahead: readonly PackRow[],
): Promise<Letter[]> {
  const letters: Letter[] = [];
  let roomBytes = inlineTotalBytes;
  for (const row of page) {
    const isInline =
      row.class <= urgentClass && row.sizeBytes <= inlineSizeBytes && row.sizeBytes <= roomBytes;
    // What cannot be read now is fetched like any other, and the fault told then.
    const read = isInline ? await store.readPack(row.packId, 0, row.sizeBytes) : undefined;
    const bytes = read?.ok ? read.value : undefined;
    if (bytes !== undefined) roomBytes -= bytes.length;
    letters.push({ ...letterOf(row), ...(bytes && { bytes: base64url(bytes) }) });
  }
  return [...letters, ...ahead.map(letterOf)];
}

function letterOf({ packId, sizeBytes, class: packClass }: PackRow): Letter {
  return { packId, sizeBytes, class: packClass };
}
