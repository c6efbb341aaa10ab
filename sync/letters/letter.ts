import type { Json } from '../core/canonical-json.ts';
import { ok, type Result } from '../core/result.ts';
import { type Control, parseControl } from './control.ts';
import { type DataMeta, parseDataMeta } from './data.ts';
import { type Direction, type LetterFault, refused } from './fields.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { parseReceipt, type Receipt } from './receipt.ts';
import { parseReport, type Report } from './report.ts';

export type { Direction, LetterFault } from './fields.ts';

/** What an opened pack says. A data payload is not decoded here: that is work for `decodeData`, without keys. */
export type Letter =
  | { readonly kind: 'data'; readonly data: DataMeta; readonly payload: Uint8Array }
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'control'; readonly control: Control };

/** Kinds of packs by the way they may go (sealed-pack format); enrolment is not a letter, pairing reads it. */
const directions: Readonly<Record<string, readonly Direction[]>> = {
  data: ['to-center'],
  manifest: ['to-center'],
  report: ['to-clinic'],
  receipt: ['to-center', 'to-clinic'],
  control: ['to-center', 'to-clinic'],
};

/**
 * Check 12 of an opened pack: its kind may go in this direction, its meta is of version 1, bounded and complete, and
 * its payload fits it. `letter/direction` and `letter/kind` call for an alarm. Documents share the buffer of `payload`.
 */
export function parseLetter(
  kind: string,
  meta: Json,
  payload: Uint8Array,
  direction: Direction,
): Result<Letter, LetterFault> {
  const allowed = Object.hasOwn(directions, kind) ? directions[kind] : undefined;
  if (allowed === undefined) return refused('letter/kind', 'Cannot read a pack: it is no letter');
  if (!allowed.includes(direction)) {
    return refused('letter/direction', `Cannot read a ${kind} pack: it may not go this way`);
  }
  return parseKind(kind, meta, payload, direction);
}

function parseKind(
  kind: string,
  meta: Json,
  payload: Uint8Array,
  direction: Direction,
): Result<Letter, LetterFault> {
  switch (kind) {
    case 'data':
      return mapOk(parseDataMeta(meta, payload.length), (data) => ({ kind, data, payload }));
    case 'manifest':
      return mapOk(parseManifest(meta, payload), (manifest) => ({ kind, manifest }));
    case 'report':
      return mapOk(parseReport(meta, payload), (report) => ({ kind, report }));
    case 'receipt':
      return mapOk(parseReceipt(meta, payload, direction), (receipt) => ({ kind, receipt }));
    default:
      return mapOk(parseControl(meta, payload, direction), (control) => ({
        kind: 'control',
        control,
      }));
  }
}

function mapOk<T>(
  result: Result<T, LetterFault>,
  wrap: (value: T) => Letter,
): Result<Letter, LetterFault> {
  return result.ok ? ok(wrap(result.value)) : result;
}
