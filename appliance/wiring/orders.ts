import { once } from 'node:events';
import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { createMllpServer } from '#appliance/adapters/mllp-server.ts';
import { orderFolder } from '#appliance/adapters/order-folder.ts';
import { createOrdersApi } from '#appliance/api/orders-app.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { createOrderDesk, type OrderDesk } from '#appliance/orders/desk.ts';
import { createProcedureStepService } from '#appliance/orders/procedure-step-service.ts';
import type { DeviceRules } from '#appliance/orders/worklist.ts';
import { createWorklistService } from '#appliance/orders/worklist-service.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import type { Log } from '#sync/core/log.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { Box } from './box.ts';

/** What the parts that know of orders stand on. */
interface OrderGround {
  readonly config: ApplianceConfig;
  readonly folder: Pick<DataFolder, 'orders'>;
  readonly log: Log;
  readonly box: Pick<
    Box,
    'recorder' | 'revisions' | 'quiet' | 'weigh' | 'byRules' | 'desk' | 'reception'
  >;
}

/** Worklist and procedure steps: the services of the door that speak of orders. */
export function orderServices({ config, folder, box }: OrderGround): readonly DimseService[] {
  const rules = rulesOf(config);
  const { recorder } = box;
  const wake = wakeOf(box);
  return [
    createWorklistService(
      { catalog: folder.orders },
      {
        ...{ siteName: config.siteName, rulesOf: rules },
        mayRead: (caller) => box.reception.book.standingOf(caller) === 'known',
      },
    ),
    createProcedureStepService(
      {
        ...{ catalog: folder.orders, recorder, clock: systemClock, random: systemRandom },
        onStep: ({ studyInstanceUids }) => {
          void box.weigh(studyInstanceUids).then(wake);
        },
      },
      { rulesOf: rules },
    ),
  ];
}

/** The rules for a device by its AE title; the usual ones for a device that the config does not name. */
function rulesOf(config: ApplianceConfig): (aeTitle: string) => DeviceRules {
  const usual = {
    isAnyStation: false,
    isAnyDate: false,
    characterSet: undefined,
    assumedCharacterSet: '',
  };
  const rules = new Map(
    config.orders.devices.map(({ aeTitle, characterSet, ...rest }) => [
      aeTitle,
      { characterSet, ...rest },
    ]),
  );
  return (aeTitle) => rules.get(aeTitle) ?? usual;
}

/** The doors of orders beside DICOM: their part of the local API, the folder, and MLLP. */
export interface OrderDoors {
  readonly api: ReturnType<typeof createOrdersApi>;
  /** The port of MLLP is 0 where it is not configured. Throws the system's error when it is taken. */
  open(): Promise<{ readonly mllpPort: number }>;
  /** Takes files until `signal`; then both doors are closed. */
  run(signal: AbortSignal): Promise<void>;
}

export function orderDoorsOf(ground: OrderGround): OrderDoors {
  const { config, log, box } = ground;
  const { folder: dir, mllp, assumedCharacterSet } = config.orders;
  const desk = orderDeskOf(ground);
  const ports = { desk, clock: systemClock, log };
  const server = mllp && createMllpServer({ ...mllp, assumedCharacterSet }, ports);
  return {
    api: createOrdersApi({
      catalog: ground.folder.orders,
      desk,
      complete: (study) => {
        box.quiet.finished(study);
        wakeOf(box)();
      },
    }),
    open: async () => ({ mllpPort: server ? (await server.listen()).port : 0 }),
    run: async (signal) => {
      if (dir !== undefined) await orderFolder({ dir, assumedCharacterSet }, ports, signal);
      if (!signal.aborted) await once(signal, 'abort');
      await server?.close();
    },
  };
}

/** The desk that takes orders from the API, from files and from messages. */
function orderDeskOf({ config, folder, box }: OrderGround): OrderDesk {
  const { recorder } = box;
  return createOrderDesk(
    {
      ...{ catalog: folder.orders, recorder, clock: systemClock, random: systemRandom },
      onChange: wakeOf(box),
    },
    config.orders,
  );
}

/** Something changed that the screen shows and that sealing may have to act on. */
function wakeOf(box: OrderGround['box']): () => void {
  return () => {
    box.revisions.bump();
    box.desk.reorder();
    void box.byRules();
  };
}
