import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import { fault } from '#sync/core/fault.ts';
import type { Random } from '#sync/core/random.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { OrderRequest, PlacedOrders } from '../api/contract-orders.ts';
import type { Order } from '../store/facts-orders.ts';
import {
  changedOrder,
  checkReserved,
  isUsableAccession,
  mintAccession,
  mintUid,
  newOrder,
  type OrderIdentity,
  wallClockOf,
} from './order.ts';
import type { OrderCatalog, OrderFault } from './ports.ts';

export interface PlacingConfig {
  /** Begins every accession number that is minted here. */
  readonly siteCode: string;
  /** Begins the patient IDs that are kept for emergencies. */
  readonly emergencyIdPrefix: string;
}

export type Placed = PlacedOrders['orders'][number];

/** Says what a request becomes: a new order with numbers of its own, or a change of one that is known. */
export function createPlacing(
  ports: {
    readonly catalog: OrderCatalog;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly random: Pick<Random, 'bytes'>;
  },
  config: PlacingConfig,
) {
  const { catalog } = ports;

  async function mintedAccession(): Promise<string> {
    for (;;) {
      const minted = mintAccession(config.siteCode, ports.random.bytes(7));
      if ((await catalog.ordersBy('accessionNumber', minted)).length === 0) return minted;
    }
  }

  /** What the order gets once: from its source where that is possible, else minted. */
  async function identify(
    source: string,
    request: OrderRequest,
    batch: readonly Placed[],
  ): Promise<Result<OrderIdentity, OrderFault>> {
    const { accessionNumber: wanted, studyInstanceUid: wantedUid, orderNumber } = request;
    const isTaken = async (key: 'accessionNumber' | 'studyInstanceUid', value: string) =>
      batch.some(({ order }) => order[key] === value) ||
      (await catalog.ordersBy(key, value)).length > 0;
    if (isUsableAccession(wanted) && (await isTaken('accessionNumber', wanted)))
      return fail(accessionTaken(wanted));
    if (wantedUid !== '' && (await isTaken('studyInstanceUid', wantedUid))) return fail(studyTaken);
    return ok({
      orderId: hex(ports.random.bytes(8)),
      source,
      orderNumber,
      studyInstanceUid: wantedUid || mintUid(ports.random.bytes(16)),
      accessionNumber: isUsableAccession(wanted) ? wanted : await mintedAccession(),
    });
  }

  async function placeOne(
    source: string,
    request: OrderRequest,
    batch: readonly Placed[],
  ): Promise<Result<Placed, OrderFault>> {
    const { orderNumber, patientId } = request;
    const known = orderNumber === '' ? undefined : await catalog.orderOfNumber(source, orderNumber);
    const before =
      orderNumber === ''
        ? undefined
        : batch.findLast(({ order }) => order.orderNumber === orderNumber)?.order;
    if (known?.isCancelled) return fail(cancelledFault(orderNumber));
    const isTemporary = (await catalog.ordersBy('patientId', patientId)).some(
      ({ order }) => order.isEmergency,
    );
    const reserved = checkReserved(request, config.emergencyIdPrefix, isTemporary);
    if (!reserved.ok) return reserved;
    const existing = before ?? known?.order;
    if (existing) return ok(placedChange(existing, request));
    const identity = await identify(source, request, batch);
    if (!identity.ok) return identity;
    const now = wallClockOf(ports.clock.nowMs());
    return ok({ order: newOrder(request, identity.value, now), outcome: 'new' });
  }

  return { placeOne, mintedAccession };
}

export function placedChange(order: Order, request: OrderRequest): Placed {
  const changed = changedOrder(order, request);
  return { order: changed, outcome: changed === order ? 'unchanged' : 'changed' };
}

const studyTaken: OrderFault = fault(
  'orders/study-taken',
  'Cannot take an order: its Study Instance UID belongs to another order',
  'Leave the UID away, or send the order with the number it had before',
);

function accessionTaken(accessionNumber: string): OrderFault {
  return fault(
    'orders/accession-taken',
    `Cannot take an order: accession number "${accessionNumber}" belongs to another order`,
    'Send it with a number of its own, or without one: the box gives it one',
  );
}

export function cancelledFault(number: string): OrderFault {
  return fault(
    'orders/cancelled',
    `Cannot change order "${number}": it was cancelled`,
    'Place it anew under another number',
  );
}
