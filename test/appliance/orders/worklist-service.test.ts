import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorklistService, modalityWorklistUid } from '#appliance/orders/worklist-service.ts';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { ServiceRequest } from '#sync/dimse/service.ts';
import { explicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { gather } from '#test/support/gather.ts';

test('a device that moved is shown nobody, and what is no query is answered as that', async () => {
  let asked = 0;
  const service = createWorklistService(
    {
      catalog: {
        waitingOrders: async () => {
          asked += 1;
          return [];
        },
      },
    },
    {
      siteName: 'DEMO CLINIC',
      rulesOf: () => ({
        ...{ isAnyStation: false, isAnyDate: false },
        ...{ characterSet: undefined, assumedCharacterSet: '' },
      }),
      mayRead: ({ address }) => address === '192.0.2.7',
    },
  );
  const statusOf = async (address: string, field: number, dataset: Uint8Array | undefined) => {
    const request = {
      caller: { callingAeTitle: 'CT1', calledAeTitle: 'OUTPOST', address },
      ...{ abstractSyntaxUid: modalityWorklistUid, transferSyntaxUid: explicitLittleEndianUid },
      ...{ command: { commandField: field }, dataset, signal: new AbortController().signal },
    } as ServiceRequest;
    return (await gather(service.serve(request))).map(({ status }) => status);
  };
  const keys = encodeDataSet(dataSetOf({ PatientID: '' }), explicitLittleEndianUid);
  const { find, get } = commandField;
  assert.deepEqual(await statusOf('192.0.2.8', find, keys), [dimseStatus.notAuthorized]);
  assert.equal(asked, 0);
  assert.deepEqual(await statusOf('192.0.2.7', find, keys), [dimseStatus.success]);
  assert.deepEqual(await statusOf('192.0.2.7', get, keys), [dimseStatus.unrecognizedOperation]);
  const noise = Uint8Array.of(1, 2, 3);
  assert.deepEqual(await statusOf('192.0.2.7', find, noise), [dimseStatus.cannotUnderstand]);
  assert.deepEqual(await statusOf('192.0.2.7', find, undefined), [dimseStatus.cannotUnderstand]);
});
