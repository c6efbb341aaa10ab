import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import type { OrderCatalog } from './ports.ts';
import {
  type DeviceRules,
  hasUnknownKeys,
  matchesOrder,
  readQuery,
  worklistEntry,
} from './worklist.ts';

/** Modality Worklist Information Model, FIND (PS3.4 K). */
export const modalityWorklistUid = '1.2.840.10008.5.1.4.31';

/** Orders looked at for one query: more than a rural clinic has in months. */
const waitingLimit = 5_000;

/** The Modality Worklist SCP over the orders that wait. */
export function createWorklistService(
  ports: { readonly catalog: Pick<OrderCatalog, 'waitingOrders'> },
  config: {
    readonly siteName: string;
    readonly rulesOf: (aeTitle: string) => DeviceRules;
    /** A device that moved may send, and is shown nobody's name until a person accepts it. */
    readonly mayRead: (caller: Caller) => boolean;
  },
): DimseService {
  return {
    sopClassUids: [modalityWorklistUid],
    onlyReads: true,
    async *serve({ command, dataset, caller, transferSyntaxUid, signal }) {
      if (command.commandField !== commandField.find) {
        yield { status: dimseStatus.unrecognizedOperation, comment: 'The worklist answers C-FIND' };
        return;
      }
      if (!config.mayRead(caller)) {
        const comment = 'The box has to accept this device at its new address first';
        yield { status: dimseStatus.notAuthorized, comment };
        return;
      }
      const keys = dataset && parseDataSet(dataset, transferSyntaxUid);
      if (!keys?.ok) {
        yield { status: dimseStatus.cannotUnderstand, comment: 'The identifier cannot be read' };
        return;
      }
      const { callingAeTitle } = caller;
      const rules = config.rulesOf(callingAeTitle);
      const query = readQuery(keys.value, rules);
      const status = hasUnknownKeys(query) ? dimseStatus.pendingUnmatched : dimseStatus.pending;
      for (const order of await ports.catalog.waitingOrders(waitingLimit)) {
        if (signal.aborted) {
          yield { status: dimseStatus.cancelled };
          return;
        }
        if (!matchesOrder(query, order, rules)) continue;
        const device = { rules, callingAeTitle, siteName: config.siteName };
        const entry = worklistEntry(query, order, device);
        yield { status, dataset: encodeDataSet(entry, transferSyntaxUid) };
      }
      yield { status: dimseStatus.success };
    },
  };
}
