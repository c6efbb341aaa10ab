import { fail, ok, type Result } from '../core/result.ts';
import type { Area } from './areas.ts';
import { createByteList, createByteReader } from './byte-lists.ts';
import { type CodingFault, refused } from './coding-fault.ts';
import { createDeepSeries } from './deep-series.ts';
import { codeFitted, fillFitted } from './fitted-payload.ts';
import { createMixedCoder, type PayloadCoder } from './mixed-payload.ts';
import { createMixedSeries } from './mixed-series.ts';
import { areasWithinLimits, isNarrow, readPlan, writePlan } from './plan.ts';
import { codeQuick, fillQuick } from './quick-payload.ts';

/** The codings that code skeleton and frames apart. */
export type SplitCoding = 2 | 3 | 4 | 5;

/**
 * The payload of `whole` in a coding that splits (FORMAT.md, "Codings 2 and up"). `areas` are ascending, apart, and whole
 * rows; what codes worse as samples than as plain bytes is put back into the skeleton.
 */
export function encodeSplit(
  coding: SplitCoding,
  whole: Uint8Array,
  areas: readonly Area[],
): Uint8Array {
  const split = encodeAreas(coding, whole, areas);
  if (areas.length === 0 || whole.length > smallBytes) return split;
  const plain = encodeAreas(coding, whole, []);
  return plain.length < split.length ? plain : split;
}

/** Few samples teach a model of samples nothing, so both ways are tried where both take no time. */
const smallBytes = 64 * 1024;

function encodeAreas(coding: SplitCoding, whole: Uint8Array, areas: readonly Area[]): Uint8Array {
  const body = createByteList();
  const kept = coders[coding].code(whole, areasWithinLimits(areas), body);
  const list = createByteList();
  list.number(whole.length);
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
  if (reader.number() !== wholeBytes) {
    return refused('coding/size', 'its length differs from the declared sizes');
  }
  const areas = readPlan(reader, wholeBytes);
  if (areas === undefined) return refused('coding/damaged', 'its plan is not sound');
  if (coding >= 4 && !areas.every(isNarrow)) {
    return refused('coding/too-large', 'its rows are too long');
  }
  const whole = new Uint8Array(wholeBytes);
  const failed = coders[coding].fill(reader, areas, whole);
  if (failed !== undefined) return fail(failed);
  if (reader.rest > 0) return refused('coding/damaged', 'bytes follow its last stream');
  return ok(whole);
}

const coders: Readonly<Record<SplitCoding, PayloadCoder>> = {
  2: { code: codeQuick, fill: fillQuick },
  3: createMixedCoder({ createSeries: createMixedSeries, mostPlain: 1 }),
  4: { code: codeFitted, fill: fillFitted },
  5: createMixedCoder({ createSeries: createDeepSeries, mostPlain: 64 }),
};
