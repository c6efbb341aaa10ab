import { adoptKeyList, type PairingKeys, readPairing } from '#appliance/adapters/pairing-files.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import { readBoxPeers, writePeerRecord } from '#sync/adapters/keys-file.ts';
import { sameBytes } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';

/** The pairing of a box in its data folder, read again only when it may have changed: a box looks every two seconds. */
export function createPairingMemory(dataDir: string, own: Pick<Pairing, 'identity' | 'receive'>) {
  const keys: PairingKeys = {
    readBoxKeys: async () => ok(own),
    readBoxPeers,
    writePeerRecord,
    acceptGrant: async () => fail(fault('pairing/not-now', 'No pairing is open', 'Pair first')),
    // No command runs beside the box.
    withPairingRecords: (_, work) => work(),
  };
  let known: Pairing | undefined;
  let judged: Uint8Array | undefined;

  return {
    read: async (): Promise<Pairing | undefined> => {
      known ??= await readPairing(keys, dataDir);
      return known;
    },
    adopt: async (list: Uint8Array): Promise<boolean> => {
      if (judged !== undefined && sameBytes(judged, list)) return false;
      const outcome = await adoptKeyList(keys, dataDir, list);
      judged = list;
      if (outcome !== 'higher') return false;
      known = undefined;
      return true;
    },
  };
}
