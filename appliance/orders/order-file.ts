import { createHash } from 'node:crypto';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { type OrderRequest, orderRequestsSchema } from '../api/contract-orders.ts';
import { parseCsv } from './csv.ts';
import { parseHl7 } from './hl7.ts';
import { decodeAssumed, decodeHl7, type OrderBatch, readOrderMessage } from './hl7-order.ts';
import type { OrderFault } from './ports.ts';
import { unusableFields } from './unusable.ts';

/** The largest file of orders, bytes. */
export const maxOrderFileBytes = 1024 * 1024;

/**
 * The orders of a file, by the end of its name: `.json` (one order or a list), `.csv` (a row each), `.hl7` (one
 * ORM^O01). An order without a number gets one from the bytes of the file: the same file again is the same orders.
 */
export function readOrderFile(
  name: string,
  bytes: Uint8Array,
  assumedCharacterSet: string,
): Result<OrderBatch, OrderFault> {
  if (bytes.length > maxOrderFileBytes) return unusable('it is larger than 1 MiB');
  const end = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (end === 'hl7') {
    const text = decodeHl7(bytes, assumedCharacterSet);
    const message = text.ok ? parseHl7(text.value) : text;
    return message.ok ? readOrderMessage(message.value) : message;
  }
  if (end !== 'json' && end !== 'csv')
    return unusable('its name ends neither in .json, .csv nor .hl7');
  const values = end === 'json' ? jsonOf(bytes) : csvOf(decodeAssumed(bytes, assumedCharacterSet));
  if (!values.ok) return values;
  const parsed = orderRequestsSchema.safeParse(values.value);
  if (!parsed.success) return unusable(unusableFields(parsed.error));
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 24);
  const actions = parsed.data.map((request, index) => ({
    do: 'place' as const,
    request: numbered(request, `${digest}-${index + 1}`),
  }));
  return ok({ source: 'file', actions });
}

function numbered(request: OrderRequest, orderNumber: string): OrderRequest {
  return request.orderNumber === '' ? { ...request, orderNumber } : request;
}

function jsonOf(bytes: Uint8Array): Result<unknown, OrderFault> {
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return unusable('it is no JSON in UTF-8');
  }
}

/** Columns that a row leaves empty take their usual value, as a field that is left out. */
function csvOf(text: string): Result<unknown, OrderFault> {
  const records = parseCsv(text);
  if (!records.ok) return records;
  return ok(
    records.value.map((record) =>
      Object.fromEntries(Object.entries(record).filter(([, value]) => value.trim() !== '')),
    ),
  );
}

function unusable(reason: string): Result<never, OrderFault> {
  return fail(
    fault(
      'orders/unusable',
      `Cannot take orders from a file: ${reason}`,
      'Correct the file and put it there again',
    ),
  );
}
