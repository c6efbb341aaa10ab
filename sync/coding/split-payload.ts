import { fail, ok, type Result } from '../core/result.ts';
import type { Area } from './areas.ts';
import { createByteList, createByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { readPlan, writePlan } from './plan.ts';
import { codeQuick, fillQuick } from './quick-payload.ts';

/** The codings that code skeleton and frames apart. */
export type SplitCoding = 2;

/**
 * The payload of `whole` in a coding that splits (FORMAT.md, "Codings 2 and up"). `areas` are ascending, apart, and whole
 * rows; what codes worse as samples than as plain bytes is put back into the skeleton.
 */
export function encodeSplit(
  coding: SplitCoding,
  whole: Uint8Array,
  areas: readonly Area[],
): Uint8Array {
  const body = createByteList();
  const kept = coders[coding].code(whole, areas, body);
  const list = createByteList();
  writePlan(kept, list);
  list.bytes(body.taken());
  return list.taken();
}

/** The `wholeBytes` bytes that `payload` stands for; the caller has bounded `wholeBytes`. */
export function decodeSplit(
  coding: SplitCoding,
  payload: Uint8Array,
  wholeBytes: number,
): Result<Uint8Array, CodingFault> {
  const reader = createByteReader(payload);
  const areas = readPlan(reader, wholeBytes);
  if (areas === undefined) return refused('coding/damaged', 'its plan is not sound');
  const whole = new Uint8Array(wholeBytes);
  const failed = coders[coding].decode(reader, areas, whole);
  if (failed !== undefined) return fail(failed);
  if (reader.rest > 0) return refused('coding/damaged', 'bytes follow its last stream');
  return ok(whole);
}

const coders = { 2: { code: codeQuick, decode: fillQuick } } as const;
