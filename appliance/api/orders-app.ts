import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Result } from '#sync/core/result.ts';
import type { DeskFault, OrderDesk } from '../orders/desk.ts';
import type { KnownOrder, OrderCatalog } from '../orders/ports.ts';
import { unusableFields } from '../orders/unusable.ts';
import type { ApiFault } from './contract.ts';
import {
  emergencyRequestSchema,
  type OrderList,
  type OrderView,
  orderRequestSchema,
  orderRequestsSchema,
} from './contract-orders.ts';

export interface OrdersApiPorts {
  readonly catalog: Pick<OrderCatalog, 'orders' | 'hasStudy'>;
  readonly desk: OrderDesk;
  /** The operator says that nothing more comes of a study. */
  readonly complete: (study: string) => void;
}

const listLimit = 2_000;
const bindSchema = z.strictObject({ studyInstanceUid: z.string().min(1).max(80) });

/** The part of the local API that takes orders (`contract-orders.ts`). */
export function createOrdersApi(ports: OrdersApiPorts): Hono {
  const app = new Hono();
  const { desk } = ports;
  const tooLarge: ApiFault = {
    code: 'TOO-LARGE',
    message: 'The box does not take that much at once',
    next: 'Send fewer orders at a time',
  };
  app.use(
    '/v1/orders/*',
    bodyLimit({ maxSize: 1024 * 1024, onError: (context) => context.json(tooLarge, 413) }),
  );

  app.get('/v1/orders', async (context) => {
    const isAll = context.req.query('all') !== undefined;
    const known = await ports.catalog.orders(listLimit);
    const orders = known.filter(({ isWaiting }) => isAll || isWaiting).map(viewOf);
    return context.json({ orders } satisfies OrderList);
  });

  app.post('/v1/orders', async (context) => {
    const requests = await bodyOf(context, orderRequestsSchema);
    return requests.ok
      ? answer(context, await desk.place('typed', requests.value))
      : context.json(requests.fault, 400);
  });

  app.post('/v1/orders/emergency', async (context) => {
    const request = await bodyOf(context, emergencyRequestSchema);
    return request.ok
      ? answer(context, await desk.emergency(request.value))
      : context.json(request.fault, 400);
  });

  app.post('/v1/orders/:orderId', async (context) => {
    const request = await bodyOf(context, orderRequestSchema);
    return request.ok
      ? answer(context, await desk.change(context.req.param('orderId'), request.value))
      : context.json(request.fault, 400);
  });

  app.post('/v1/orders/:orderId/cancel', async (context) =>
    answer(context, await desk.cancel(context.req.param('orderId'))),
  );

  app.post('/v1/orders/:orderId/study', async (context) => {
    const request = await bodyOf(context, bindSchema);
    if (!request.ok) return context.json(request.fault, 400);
    const { studyInstanceUid } = request.value;
    return answer(context, await desk.bind(context.req.param('orderId'), studyInstanceUid));
  });

  app.post('/v1/studies/:studyInstanceUid/complete', async (context) => {
    const study = context.req.param('studyInstanceUid');
    if (!(await ports.catalog.hasStudy(study))) {
      const message = 'There is no such study on this box';
      return context.json({ code: 'NOT-FOUND', message, next: 'Go back to the list' }, 404);
    }
    ports.complete(study);
    return context.json({});
  });
  return app;
}

function viewOf({ order, isWaiting, isCancelled }: KnownOrder): OrderView {
  const state = isCancelled ? 'cancelled' : isWaiting ? 'waiting' : 'arrived';
  return { ...order, state };
}

async function bodyOf<T>(context: Context, schema: z.ZodType<T>): Promise<Result<T, ApiFault>> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const message = `Cannot take an order: ${unusableFields(parsed.error)}`;
  const next = 'Correct it and send it again';
  return { ok: false, fault: { code: 'ORDERS-UNUSABLE', message, next } };
}

function answer<T>(context: Context, result: Result<T, DeskFault>): Response {
  if (result.ok) return context.json(result.value ?? {});
  const { kind, message, next } = result.fault;
  const fault: ApiFault = { code: kind.replace('/', '-').toUpperCase(), message, next };
  return context.json(fault, statusOf(kind));
}

function statusOf(kind: DeskFault['kind']): 404 | 409 | 503 {
  if (kind.startsWith('store/')) return 503;
  return kind === 'orders/unknown' ? 404 : 409;
}
