import { z } from 'zod';
import { ok, type Result } from '../core/result.ts';
import {
  countField,
  type Direction,
  digestField,
  type LetterFault,
  type LetterParts,
  parseMeta,
  refused,
  textField,
  uidField,
  versionField,
} from './fields.ts';
import { checkCount, decodeList, encodeList, maxListEntries } from './list.ts';
import { reportIdField } from './report-meta.ts';

/** One instance that a destination took. */
const deliveredInstanceSchema = z.strictObject({
  /** Digest of the dataset that left the modality. */
  originalDigest: digestField,
  /** Digest of what the destination got; the same unless `transforms` says otherwise. */
  deliveredDigest: digestField,
  /** Name of the destination, as the center calls it. */
  destination: textField(64),
  /** Names of the transforms that were asked for, in order; empty = byte for byte. */
  transforms: z.array(textField(64)).max(8).readonly(),
});
const deliveredListSchema = z.array(deliveredInstanceSchema).min(1).max(maxListEntries).readonly();
export type DeliveredInstance = z.infer<typeof deliveredInstanceSchema>;

/** The meta of a delivery receipt; the instances are its payload, since thousands do not fit a meta. */
const deliveryMetaSchema = z.strictObject({
  v: versionField,
  type: z.literal('delivery'),
  study: uidField,
  /** Pack id of the newest manifest with a list that this receipt answers. */
  manifest: digestField,
  instanceCount: z.int().positive().max(maxListEntries),
  /** Number of the center's newest key list. */
  list: countField,
});
export type DeliveryReceiptMeta = z.infer<typeof deliveryMetaSchema>;

/** "These instances of your study are at their destination" (kind 4, center to clinic). */
export type DeliveryReceipt = Omit<DeliveryReceiptMeta, 'instanceCount'> & {
  readonly instances: readonly DeliveredInstance[];
};

const reportReceiptSchema = z.strictObject({
  v: versionField,
  type: z.literal('report'),
  report: reportIdField,
  version: z.int().positive(),
  /** SHA-256 of the report's payload: all its documents, one after another. */
  digest: digestField,
  /** Pack id of the report that was stored. */
  reportPack: digestField,
});

/** "This version of the report is durable here" (kind 4, clinic to center). */
export type ReportReceipt = z.infer<typeof reportReceiptSchema>;
export type Receipt = DeliveryReceipt | ReportReceipt;

/** The meta and payload of a delivery receipt; throws (a bug) when a bound is broken. */
export function buildDeliveryReceipt(
  receipt: Omit<z.input<typeof deliveryMetaSchema>, 'v' | 'type' | 'instanceCount'> & {
    readonly instances: readonly Readonly<z.input<typeof deliveredInstanceSchema>>[];
  },
): LetterParts<DeliveryReceiptMeta> {
  const { instances, ...header } = receipt;
  const meta = { ...header, v: 1, type: 'delivery', instanceCount: instances.length };
  return {
    meta: deliveryMetaSchema.parse(meta),
    payload: encodeList(deliveredListSchema.parse(instances)),
  };
}

/** The meta and empty payload of a report receipt; throws (a bug) when a bound is broken. */
export function buildReportReceipt(
  receipt: Omit<z.input<typeof reportReceiptSchema>, 'v' | 'type'>,
): LetterParts<ReportReceipt> {
  const meta = reportReceiptSchema.parse({ ...receipt, v: 1, type: 'report' });
  return { meta, payload: new Uint8Array(0) };
}

/** Parses a receipt. Delivery receipts go to the clinic, report receipts to the center; the reverse is refused. */
export function parseReceipt(
  meta: unknown,
  payload: Uint8Array,
  direction: Direction,
): Result<Receipt, LetterFault> {
  const type = typeof meta === 'object' && meta !== null && 'type' in meta ? meta.type : undefined;
  if (type === (direction === 'to-clinic' ? 'report' : 'delivery')) {
    return refused('letter/direction', 'Cannot read a receipt: it may not go this way');
  }
  return direction === 'to-clinic'
    ? parseDeliveryReceipt(meta, payload)
    : parseReportReceipt(meta, payload);
}

function parseDeliveryReceipt(
  meta: unknown,
  payload: Uint8Array,
): Result<DeliveryReceipt, LetterFault> {
  const parsed = parseMeta('delivery receipt', deliveryMetaSchema, meta);
  if (!parsed.ok) return parsed;
  const { instanceCount, ...header } = parsed.value;
  const instances = decodeList('delivery receipt', deliveredListSchema, payload);
  if (!instances.ok) return instances;
  const count = checkCount('delivery receipt', instanceCount, instances.value.length);
  return count.ok ? ok({ ...header, instances: instances.value }) : count;
}

function parseReportReceipt(
  meta: unknown,
  payload: Uint8Array,
): Result<ReportReceipt, LetterFault> {
  const parsed = parseMeta('report receipt', reportReceiptSchema, meta);
  if (!parsed.ok) return parsed;
  return payload.length === 0
    ? parsed
    : refused('letter/payload', 'Cannot read a report receipt: it has a payload');
}
