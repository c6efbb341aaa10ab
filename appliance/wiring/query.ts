import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { createDecoder } from '#appliance/adapters/decoder-worker.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { readHead } from '#appliance/query/describe.ts';
import type { FindPorts } from '#appliance/query/find.ts';
import { createFindService } from '#appliance/query/find-service.ts';
import { mayQuery } from '#appliance/query/may-query.ts';
import type { StorageScu } from '#appliance/query/ports.ts';
import { createGetService, createMoveService } from '#appliance/query/retrieve-services.ts';
import { createTurns } from '#appliance/query/turns.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openStorageWay } from '#sync/adapters/storage-way-dimse.ts';
import { workerLanes } from '#sync/adapters/worker-lane-threads.ts';
import type { Log } from '#sync/core/log.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { Caller } from '#sync/dimse/storage.ts';

/** Query and retrieve: what the clinic looks at its own images with, link or no link. */
export function queryServices(ground: {
  readonly config: ApplianceConfig;
  readonly folder: Pick<DataFolder, 'queries' | 'store'>;
  readonly log: Log;
  /** Ends what works for the services behind the door. */
  readonly ended: AbortSignal;
}): readonly DimseService[] {
  const { folder, log } = ground;
  const { callers, destinations, query } = ground.config.dicom;
  const rules = {
    mayQuery: (caller: Caller) => mayQuery(caller, callers),
    turns: createTurns(query),
    mostAnswers: query.answers,
  };
  const describeImage: FindPorts['describeImage'] = async (object, keywords) => {
    const head = await readHead(folder.store, object, keywords);
    return head.ok ? head.value : {};
  };
  const ports = { catalog: folder.queries, log, describeImage };
  const decoder = createDecoder(folder.store, workerLanes(systemClock), ground.ended);
  const retrieving = { ...ports, store: folder.store, decoder, scu: storageScu };
  return [
    createFindService(ports, rules),
    createGetService(retrieving, rules),
    createMoveService(retrieving, { ...rules, destinations }),
  ];
}

/** Sub-operations of a C-MOVE on associations of our own. */
const storageScu: StorageScu = {
  async open({ address, port, aeTitle }, pairs, { signal, callingAeTitle, moveOriginator }) {
    const target = { host: address, port, calledAeTitle: aeTitle, callingAeTitle };
    const opened = await openStorageWay(target, pairs, { signal, moveOriginator });
    return 'kind' in opened ? opened.kind : opened;
  },
};
