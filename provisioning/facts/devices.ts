import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeFact } from '#appliance/store/facts.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { below } from '../plan/paths.ts';
import type { AcceptedDevice } from '../plan/peers.ts';
import { dataDir } from '../plan/programs.ts';

/** More devices than a hospital has; those accepted last count. */
const mostDevices = 500;

/**
 * Devices that persons let in, at the addresses where they were accepted, from the box's log of facts below `root`:
 * it needs no running box. The log belongs to the appliance, so no link in it is followed.
 */
export async function readAcceptedDevices(root: string): Promise<readonly AcceptedDevice[]> {
  const dir = below(root, `${dataDir}/appliance/letters`);
  const names = await readdir(dir).catch(() => []);
  const newest = new Map<string, AcceptedDevice & { readonly isAccepted: boolean }>();
  for (const name of names.filter((each) => /^facts-\d{6}\.log$/.test(each)).sort()) {
    for await (const line of linesOf(join(dir, name))) {
      if (!line.includes('"fact":"caller"')) continue;
      const fact = decodeFact(utf8(line));
      if (fact?.fact !== 'caller') continue;
      const { aeTitle, verdict } = fact;
      const address = fact.address.replace(/^::ffff:/i, '');
      if (!z.ipv4().safeParse(address).success) continue;
      const key = `${aeTitle}\\${address}`;
      newest.delete(key);
      newest.set(key, { aeTitle, address, isAccepted: verdict === 'accepted' });
    }
  }
  return [...newest.values()]
    .flatMap(({ isAccepted, ...device }) => (isAccepted ? [device] : []))
    .slice(-mostDevices);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return;
  try {
    if ((await file.stat()).isFile()) yield* file.readLines();
  } finally {
    await file.close();
  }
}
