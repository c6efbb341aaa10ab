import * as fs from 'node:fs';
import { entryAt, placeOf, systemError } from './mount.ts';

// Stands in for `node:fs` under the adapters of a world.

export const { constants } = fs;

/** The whole file in one piece. */
export async function* createReadStream(
  path: string,
  { start }: { readonly start: number },
): AsyncGenerator<Uint8Array> {
  const place = placeOf(path);
  const bytes = await place.mount.life.look(async () => {
    const file = entryAt(place);
    if (file.kind !== 'file') throw systemError('EISDIR');
    return file.read(start, file.sizeBytes());
  });
  if (bytes.length > 0) yield bytes;
}
