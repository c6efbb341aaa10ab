import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import { fault } from '#sync/core/fault.ts';
import type { Random } from '#sync/core/random.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { EmergencyRequest, OrderRequest, PlacedOrders } from '../api/contract-orders.ts';
import type { BoxFact } from '../store/facts.ts';
import type { OrderBatch } from './hl7-order.ts';
import {
  checkReserved,
  emergencyOrder,
  mintUid,
  type OrderIdentity,
  wallClockOf,
} from './order.ts';
import {
  cancelledFault,
  createPlacing,
  type Placed,
  type PlacingConfig,
  placedChange,
} from './placing.ts';
import type { KnownOrder, OrderCatalog, OrderFault, OrderRecorder, RecordFault } from './ports.ts';

export type DeskFault = OrderFault | RecordFault;

/** Takes orders from wherever they come; what is answered `ok` is durable. One request at a time. */
export interface OrderDesk {
  /**
   * All of them or none. The number of an order at its source makes it the same order again, so a message or file that
   * comes twice is one order.
   */
  place(
    source: string,
    requests: readonly OrderRequest[],
  ): Promise<Result<PlacedOrders, DeskFault>>;
  change(orderId: string, request: OrderRequest): Promise<Result<PlacedOrders, DeskFault>>;
  cancel(orderId: string): Promise<Result<void, DeskFault>>;
  cancelNumber(source: string, orderNumber: string): Promise<Result<void, DeskFault>>;
  emergency(request: EmergencyRequest): Promise<Result<PlacedOrders, DeskFault>>;
  /** A person says that `study` is what was ordered. */
  bind(orderId: string, study: string): Promise<Result<void, DeskFault>>;
}

/** Does what a file or message wants, in its order. What was done before a refusal is done, and does no harm again. */
export async function carryOut(
  desk: Pick<OrderDesk, 'place' | 'cancelNumber'>,
  { source, actions }: OrderBatch,
): Promise<Result<void, DeskFault>> {
  const requests = actions.flatMap((each) => (each.do === 'place' ? [each.request] : []));
  const placed = requests.length > 0 ? await desk.place(source, requests) : undefined;
  if (placed && !placed.ok) return placed;
  for (const each of actions) {
    if (each.do !== 'cancel') continue;
    const cancelled = await desk.cancelNumber(source, each.orderNumber);
    if (!cancelled.ok) return cancelled;
  }
  return ok(undefined);
}

export function createOrderDesk(
  ports: {
    readonly catalog: OrderCatalog;
    readonly recorder: OrderRecorder;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly random: Pick<Random, 'bytes'>;
    readonly onChange: () => void;
  },
  config: PlacingConfig,
): OrderDesk {
  const { catalog } = ports;
  const { placeOne, mintedAccession } = createPlacing(ports, config);
  let last: Promise<unknown> = Promise.resolve();

  /** Numbers are given by what the catalog knows, so nobody else may ask it meanwhile. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  }

  async function record(facts: readonly BoxFact[]): Promise<Result<void, RecordFault>> {
    if (facts.length === 0) return ok(undefined);
    const recorded = await ports.recorder.record(facts);
    if (recorded.ok) ports.onChange();
    return recorded;
  }

  async function keep(placed: readonly Placed[]): Promise<Result<PlacedOrders, DeskFault>> {
    const atMs = ports.clock.nowMs();
    const facts = placed
      .filter(({ outcome }) => outcome !== 'unchanged')
      .map(({ order }): BoxFact => ({ fact: 'order', atMs, order }));
    const recorded = await record(facts);
    return recorded.ok ? ok({ orders: [...placed] }) : recorded;
  }

  async function known(orderId: string): Promise<Result<KnownOrder, OrderFault>> {
    const [order] = await catalog.ordersBy('orderId', orderId);
    return order ? ok(order) : fail(unknownOrder);
  }

  async function cancelKnown(order: KnownOrder | undefined): Promise<Result<void, DeskFault>> {
    if (!order) return fail(unknownOrder);
    if (order.isCancelled) return ok(undefined);
    const { orderId } = order.order;
    return record([{ fact: 'order-cancelled', atMs: ports.clock.nowMs(), orderId }]);
  }

  return {
    place: (source, requests) =>
      alone(async () => {
        const placed: Placed[] = [];
        for (const [index, request] of requests.entries()) {
          const one = await placeOne(source, request, placed);
          if (!one.ok) return requests.length === 1 ? one : fail(inBatch(one.fault, index));
          placed.push(one.value);
        }
        return keep(placed);
      }),
    change: (orderId, request) =>
      alone(async () => {
        const found = await known(orderId);
        if (!found.ok) return found;
        if (found.value.isCancelled) return fail(cancelledFault(orderId));
        const { order } = found.value;
        const isOwn = order.isEmergency && order.patientId === request.patientId;
        const reserved = checkReserved(request, config.emergencyIdPrefix, isOwn);
        return reserved.ok ? keep([placedChange(order, request)]) : reserved;
      }),
    cancel: (orderId) =>
      alone(async () => cancelKnown((await catalog.ordersBy('orderId', orderId))[0])),
    cancelNumber: (source, orderNumber) =>
      alone(async () => cancelKnown(await catalog.orderOfNumber(source, orderNumber))),
    emergency: (request) =>
      alone(async () => {
        const identity: OrderIdentity = {
          orderId: hex(ports.random.bytes(8)),
          source: 'typed',
          orderNumber: '',
          studyInstanceUid: mintUid(ports.random.bytes(16)),
          accessionNumber: await mintedAccession(),
        };
        const now = wallClockOf(ports.clock.nowMs());
        const order = emergencyOrder(request, identity, config.emergencyIdPrefix, now);
        return keep([{ order, outcome: 'new' }]);
      }),
    bind: (orderId, study) =>
      alone(async () => {
        const found = await known(orderId);
        if (!found.ok) return found;
        if (!(await catalog.hasStudy(study))) return fail(unknownStudy);
        return record([{ fact: 'order-bound', atMs: ports.clock.nowMs(), study, orderId }]);
      }),
  };
}

function inBatch(found: OrderFault, index: number): OrderFault {
  return { ...found, message: `${found.message} (order ${index + 1}; none of them was taken)` };
}

const unknownOrder: OrderFault = fault(
  'orders/unknown',
  'Cannot find the order: no order of this box has that number',
  'Look it up with "outpost orders list --all"',
);

const unknownStudy: OrderFault = fault(
  'orders/unknown',
  'Cannot find the study: none of this box has that number',
  'Look it up in the list of studies',
);
