import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from '#appliance/adapters/data-folder.ts';
import { storedAttributes } from '#appliance/intake/stored-attributes.ts';
import { createDescriber, readHead } from '#appliance/query/describe.ts';
import { createFindService } from '#appliance/query/find-service.ts';
import { createTurns } from '#appliance/query/turns.ts';
import type { StoredRecord } from '#appliance/store/stored-record.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, textOf, type Value } from '#sync/dicom/dataset-text.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import { commandField, encodeRequest, parseCommandSet } from '#sync/dimse/command.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#sync/dimse/service.ts';
import { explicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { createVirtualClock } from './clock-virtual.ts';
import type { SyntheticInstance } from './synthetic-dataset.ts';

export const studyRootFind = '1.2.840.10008.5.1.4.1.2.2.1';
export const patientRootFind = '1.2.840.10008.5.1.4.1.2.1.1';

export type Keys = Partial<Record<Keyword, Value>>;

/** A data folder with instances in it, and the query services over it. */
export async function openQueryWorld(t: { after(fn: () => Promise<void>): void }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'outpost-query-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const folder = expectOk(
    await openDataFolder(
      { dataDir, reserveBytes: 0 },
      { openDatabase, writeDurably, clock: createVirtualClock(), log: silentLog },
    ),
  );
  t.after(() => folder.close());
  const { store, catalog, queries } = folder;
  const describer = createDescriber(
    { catalog: queries, store, log: silentLog },
    new AbortController().signal,
  );
  let atMs = 0;
  const places: Pick<StoredRecord, 'segment' | 'recordOffset'>[] = [];

  async function add(instance: SyntheticInstance, callingAeTitle: string): Promise<void> {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid, part10, fileHeaderSizeBytes } =
      instance;
    const writer = expectOk(
      await store.begin({
        ...{ arrivedAtMs: ++atMs, callingAeTitle },
        ...{ sopClassUid, sopInstanceUid, transferSyntaxUid },
        fileHeader: part10.subarray(0, fileHeaderSizeBytes),
      }),
    );
    writer.write(part10.subarray(fileHeaderSizeBytes));
    const { studyInstanceUid, seriesInstanceUid } = instance.attributes;
    const record = expectOk(await writer.finish({ studyInstanceUid, seriesInstanceUid }));
    places.push(record);
    const attributes = await storedAttributes(store, { ...record, ...record.arrival });
    if (!attributes) throw new Error('Cannot read what was just stored');
    expectOk(await catalog.addInstances([{ record, attributes }]));
  }

  return {
    folder,
    /** Where the instances lie, in the order they were added. */
    places,
    /** Stores, catalogues and describes. */
    async add(...instances: readonly SyntheticInstance[]) {
      for (const instance of instances) await add(instance, 'CT1');
      describer.wake();
      await describer.idle();
    },
    /** As from a medium: no device sent it. */
    addFile: (instance: SyntheticInstance) => add(instance, ''),
    findService: (mostAnswers = 100) =>
      createFindService(
        {
          catalog: queries,
          log: silentLog,
          describeImage: async (object, keywords) =>
            expectOk(await readHead(store, object, keywords)),
        },
        {
          mayQuery: ({ callingAeTitle }) => callingAeTitle === 'VIEWER',
          turns: createTurns({ perAddress: 2, inAll: 3 }),
          mostAnswers,
        },
      ),
  };
}

/** A request as the door gives it. */
export function requestOf(
  abstractSyntaxUid: string,
  keys: Keys,
  more: Partial<ServiceRequest> = {},
): ServiceRequest {
  const command = encodeRequest({
    commandField: commandField.find,
    messageId: 1,
    affectedSopClassUid: abstractSyntaxUid,
    hasDataset: true,
  });
  return {
    caller: { callingAeTitle: 'VIEWER', calledAeTitle: 'OUTPOST', address: '127.0.0.1' },
    abstractSyntaxUid,
    transferSyntaxUid: explicitLittleEndianUid,
    command: expectOk(parseCommandSet(command)),
    dataset: encodeDataSet(dataSetOf(keys), explicitLittleEndianUid),
    signal: new AbortController().signal,
    reverse: { contextOf: () => undefined, request: async () => undefined },
    ...more,
  };
}

/** All answers to one request: the statuses, and the datasets of those that have one, as text of `keywords`. */
export async function answersOf(service: DimseService, request: ServiceRequest) {
  const answers: ServiceAnswer[] = [];
  for await (const answer of service.serve(request)) answers.push(answer);
  const datasets = answers.flatMap(({ dataset }) =>
    dataset ? [expectOk(parseDataSet(dataset, request.transferSyntaxUid))] : [],
  );
  return {
    answers,
    last: answers.at(-1),
    datasets,
    texts: (keyword: Keyword) => datasets.map((dataset) => textOf(dataset, keyword)),
  };
}
