import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { datasetOf, storeInstance } from '#test/support/segments.ts';

// A process that stores instances in four lanes without end and prints the digest of each acknowledged one; it ends
// by being killed.

const [folder = '', first = '0'] = process.argv.slice(2);
const config = { segmentSizeBytes: 1024 * 1024, reserveBytes: 0 };
const store = await openSegmentStore(folder, config, silentLog);

await Promise.all(
  Array.from({ length: 4 }, async (_, lane) => {
    for (let round = 0; ; round++) {
      const serial = Number(first) + round * 4 + lane;
      const length = lane === 0 ? 2_500_000 : 1_000 + ((serial * 7_919) % 200_000);
      const record = expectOk(
        await storeInstance(store, serial, datasetOf(serial, length), 60_000),
      );
      process.stdout.write(`${record.datasetSha256}\n`);
    }
  }),
);
