import type { z } from 'zod';
import {
  emergencyRequestSchema,
  orderListSchema,
  orderRequestSchema,
  placedOrdersSchema,
} from '#appliance/api/contract-orders.ts';
import { askingOptions, misused, runAsking } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { fail, ok } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const fieldsOf = (schema: z.ZodObject): string => Object.keys(schema.shape).join(' ');

const usage = `outpost orders ACTION ...

What the devices find on their worklist.

  list [--all]               the orders that wait for their images; --all also those done and cancelled
  add FIELD=VALUE ...        a new order
  change ORDER FIELD=VALUE ...
                             the order as it is to be; its UID and its accession number stay
  cancel ORDER               takes it off the worklist
  emergency FIELD=VALUE ...  an urgent order for a patient whose name nobody knows: the box makes a temporary one
  bind ORDER STUDY           this study (its Study Instance UID) is what was ordered, though its numbers do not say so
  complete STUDY             nothing more comes of this study

  Fields of an order: patientId, patientName (FAMILY^GIVEN) and modality, and as known
    ${fieldsOf(orderRequestSchema)}
  Fields of an emergency: modality, and as known
    ${fieldsOf(emergencyRequestSchema)}

  --socket PATH   the Unix socket of the appliance, default /run/outpost/appliance.sock
  --json          print the answer as JSON

Exit codes: 0 done, 1 not done and why, 64 usage, 69 the appliance does not answer.
`;

/** One request to the local API; without a body it is a GET. */
interface Asked {
  readonly path: string;
  readonly body?: unknown;
}

/** The `outpost orders` command. */
export function main(args: readonly string[]): Promise<number> {
  const options = { ...askingOptions, all: { type: 'boolean', default: false } } as const;
  const line = parseCommandLine('orders', { args: [...args], allowPositionals: true, options });
  return runAsking(usage, line, async ({ values, positionals }, ask) => {
    const asked = askedOf(positionals, values.all);
    if (!asked) {
      const message = 'Cannot tell what is to be done with orders';
      return fail(misused(message, 'Run outpost orders --help'));
    }
    const answer = await ask(asked.path, asked.body);
    return answer.ok ? ok({ text: textOf(answer.value), value: answer.value }) : answer;
  });
}

/** The request of a command line, or undefined when it is none. */
function askedOf([action = '', ...rest]: readonly string[], isAll: boolean): Asked | undefined {
  const [first, second] = rest;
  const order = `/v1/orders/${encodeURIComponent(first ?? '')}`;
  const body = fieldsIn(action === 'change' ? rest.slice(1) : rest);
  const shapes: Readonly<Record<string, Asked | false | undefined>> = {
    list: rest.length === 0 && { path: `/v1/orders${isAll ? '?all=1' : ''}` },
    add: body && { path: '/v1/orders', body },
    change: body && first !== undefined && { path: order, body },
    cancel: rest.length === 1 && { path: `${order}/cancel`, body: {} },
    emergency: body && { path: '/v1/orders/emergency', body },
    bind: rest.length === 2 && { path: `${order}/study`, body: { studyInstanceUid: second } },
    complete: rest.length === 1 && {
      path: `/v1/studies/${encodeURIComponent(first ?? '')}/complete`,
      body: {},
    },
  };
  return (Object.hasOwn(shapes, action) && shapes[action]) || undefined;
}

/** `name=value` words as an object; undefined when one of them is no such word. */
function fieldsIn(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  const pairs = words.map((word) => /^(\w+)=(.*)$/s.exec(word));
  if (pairs.length === 0 || pairs.includes(null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

type Shown = z.infer<typeof orderListSchema>['orders'][number];

/** A line an order that cannot act on the terminal. */
function textOf(body: unknown): string {
  const list = orderListSchema.safeParse(body).data;
  if (list?.orders[0]?.state !== undefined)
    return list.orders.map((each) => lineOf(each, each.state)).join('');
  const placed = placedOrdersSchema.safeParse(body).data;
  if (placed && placed.orders.length > 0) {
    return placed.orders.map(({ order, outcome }) => lineOf(order, outcome)).join('');
  }
  return list ? 'No order waits.\n' : 'Done.\n';
}

function lineOf(order: Omit<Shown, 'state'>, state: string): string {
  const { scheduledDate: date, scheduledTime: time } = order;
  const when = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)} ${time.slice(0, 2)}:${time.slice(2, 4)}`;
  const words = [
    ...[order.orderId, state.padEnd(9), when, order.modality, order.accessionNumber],
    ...[order.patientId, order.patientName, order.description],
    ...(order.priority === 'ROUTINE' ? [] : [order.priority]),
  ];
  return `${words.map((word) => sanitize(word)).join('  ')}\n`;
}
