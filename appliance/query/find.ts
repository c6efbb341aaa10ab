import { utf8 } from '#sync/core/bytes.ts';
import type { DataElement, DataSet } from '#sync/dicom/dataset.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { textEncoderFor } from '#sync/dicom/text-encode.ts';
import type { StoredObject } from '../store/twins.ts';
import type { Query } from './identifier.ts';
import { downTo, type Entry, imageDescription, uniqueKey } from './levels.ts';
import { narrowingOf } from './narrow.ts';
import type { QueryCatalog, Values } from './ports.ts';

export interface FindPorts {
  readonly catalog: Pick<QueryCatalog, 'page'>;
  /** What the head of a stored instance tells of `keywords`; nothing when it cannot be read. */
  readonly describeImage: (object: StoredObject, keywords: readonly Keyword[]) => Promise<Values>;
}

/** Every entity that fits, one by one; the catalog is read a page at a time, at the speed of whoever takes them. */
export async function* find(
  query: Query,
  ports: FindPorts,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const wanted = new Set(query.keys.keys());
  const ofImage =
    query.level === 'IMAGE' ? imageDescription.filter((name) => wanted.has(name)) : [];
  const narrowing = narrowingOf(query);
  let after: string | undefined;
  do {
    const page = await ports.catalog.page(query.level, narrowing, wanted, after);
    for (const { values, object } of page.entries) {
      if (signal.aborted) return;
      const isFar = ofImage.length > 0 && object !== undefined && fits(query, values, ofImage);
      const more = isFar ? await ports.describeImage(object, ofImage) : {};
      const entry = { ...values, ...more };
      if (fits(query, entry)) yield entry;
    }
    after = page.next;
  } while (after !== undefined && !signal.aborted);
}

/** Whether the tests of all keys but `unknown` ones pass; absent is empty, and empty fits no value. */
function fits(query: Query, entry: Entry, unknown: readonly Keyword[] = []): boolean {
  for (const [keyword, { test }] of query.keys) {
    if (test && !unknown.includes(keyword) && !test(entry[keyword] ?? '')) return false;
  }
  return true;
}

/**
 * The identifier of one answer (PS3.4 C.4.1.1.3.2): the level, the unique keys down to it, every supported key that
 * was asked for, where to retrieve it, and the character set when there is more than ASCII.
 */
export function answerOf(query: Query, entry: Entry, retrieveAeTitle: string): DataSet {
  const asked = [...query.keys.keys()];
  const unique = downTo(query.level).map((level) => uniqueKey[level]);
  const isPatientKnown = query.level === 'PATIENT' || query.unique.PATIENT !== undefined;
  const keywords = new Set<Keyword>([
    ...asked,
    ...unique.filter((keyword) => keyword !== 'PatientID' || isPatientKnown),
  ]);
  const values: [Keyword, string][] = [...keywords].map((keyword) => [
    keyword,
    entry[keyword] ?? '',
  ]);
  values.push(['QueryRetrieveLevel', query.level]);
  values.push(['RetrieveAETitle', retrieveAeTitle]);
  values.push(['InstanceAvailability', 'ONLINE']);
  const encoder = textEncoderFor(
    values.map(([, text]) => text),
    query.characterSet,
  );
  if (encoder.characterSet !== '') values.push(['SpecificCharacterSet', encoder.characterSet]);
  return new Map(
    values.map(([keyword, text]): [number, DataElement] => {
      const [number, vr] = attributes[keyword];
      return [number, { vr, value: bytesOf(vr, text, encoder.encode) }];
    }),
  );
}

function bytesOf(vr: string, text: string, encode: (text: string) => Uint8Array): Uint8Array {
  if (vr !== 'US') return extended.has(vr) ? encode(text) : utf8(text);
  if (!/^\d{1,5}$/.test(text)) return new Uint8Array();
  return Uint8Array.of(Number(text) & 0xff, Number(text) >> 8);
}

/** Value representations whose text depends on the character set (PS3.5 6.1.2.3). */
const extended: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
