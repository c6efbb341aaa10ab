import { createErrand, type Errand } from '#sync/core/errand.ts';
import type { Log } from '#sync/core/log.ts';
import { ok, type Result } from '#sync/core/result.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { tag } from '#sync/dicom/tags.ts';
import { type AssumedCharacterSetOf, asciiText, decodeText } from '#sync/dicom/text.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { readValues } from '#sync/dicom/values.ts';
import type { InstanceStore, StoreFault } from '../ports-store.ts';
import { datasetHeadSizeBytes } from '../store/layout.ts';
import type { StoredObject } from '../store/twins.ts';
import { seriesDescription } from './levels.ts';
import type { QueryCatalog, Values } from './ports.ts';

/** Series of one step: one reading and one commit for all of them. */
const stepSize = 50;

/** Reads what queries need of every series, behind all that must be quick: new ones and those of older catalogs. */
export function createDescriber(
  ports: {
    readonly catalog: Pick<QueryCatalog, 'undescribed' | 'describe'>;
    readonly store: Pick<InstanceStore, 'read'>;
    readonly assumedCharacterSetOf?: AssumedCharacterSetOf;
    readonly log: Log;
  },
  signal: AbortSignal,
): Errand {
  /** False: nothing is left, or the catalog takes nothing now and the next waking tries again. */
  async function step(): Promise<boolean> {
    const found = await ports.catalog.undescribed(stepSize);
    const series = [];
    for (const { object, callingAeTitle, ...key } of found) {
      if (signal.aborted) return false;
      const assumed = ports.assumedCharacterSetOf?.(callingAeTitle);
      const head = await readHead(ports.store, object, seriesDescription, assumed);
      // A store that closes reads like a damaged one: nothing is kept of it.
      if (signal.aborted) return false;
      series.push({ ...key, values: head.ok ? head.value : {} });
    }
    if (series.length === 0) return false;
    const kept = await ports.catalog.describe(series);
    return kept.ok && series.length === stepSize;
  }

  return createErrand(step, signal, (message) =>
    ports.log.error('query/describe-failed', { message }),
  );
}

/**
 * What the head of a stored instance says of `keywords`, as text; absent and empty ones are left out. Text without a
 * character set is in `assumedCharacterSet` (raw; empty: the bytes decide).
 */
export async function readHead(
  store: Pick<InstanceStore, 'read'>,
  object: StoredObject,
  keywords: readonly Keyword[],
  assumedCharacterSet = '',
): Promise<Result<Values, StoreFault>> {
  const { fileHeaderSizeBytes, payloadSizeBytes, transferSyntaxUid } = object;
  const length = Math.min(datasetHeadSizeBytes, payloadSizeBytes - fileHeaderSizeBytes);
  const head = await store.read(object, fileHeaderSizeBytes, length);
  if (!head.ok) return head;
  return ok(describedBy(head.value, transferSyntaxUid, keywords, assumedCharacterSet));
}

/** The text values of `keywords` in the first bytes of a dataset; what cannot be read gives none. */
export function describedBy(
  head: Uint8Array,
  transferSyntaxUid: string,
  keywords: readonly Keyword[],
  assumedCharacterSet = '',
): Values {
  const tags = new Set(keywords.map((keyword) => attributes[keyword][0]));
  const read = readValues(head, transferSyntaxUid, new Set([...tags, tag.SpecificCharacterSet]));
  if (!read) return {};
  const characterSet = asciiText(read.values.get(tag.SpecificCharacterSet)) || assumedCharacterSet;
  const isBigEndian = transferSyntaxUid === transferSyntax.explicitBigEndian;
  const values: Partial<Record<Keyword, string>> = {};
  for (const keyword of keywords) {
    const [number, vr] = attributes[keyword];
    const bytes = read.values.get(number);
    const text = bytes && textOf(bytes, vr, characterSet, isBigEndian);
    if (text) values[keyword] = text;
  }
  return values;
}

function textOf(bytes: Uint8Array, vr: string, characterSet: string, isBigEndian: boolean): string {
  if (vr !== 'US') return decodeText(bytes, characterSet);
  if (bytes.length < 2) return '';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return String(view.getUint16(0, !isBigEndian));
}
