import { fail, ok, type Result } from '#sync/core/result.ts';
import { type DataElement, type DataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { characterSetOf, numberOf, textOf } from '#sync/dicom/dataset-text.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import { isUid } from '#sync/dimse/uids.ts';
import {
  downTo,
  isOfLevel,
  keywordOf,
  type Level,
  levels,
  type Root,
  uniqueKey,
} from './levels.ts';
import { type Test, testOf } from './match.ts';

/** What a C-FIND asks. */
export interface Query {
  readonly level: Level;
  /** The unique keys of the levels above, one value each, and lists of them at the level itself. */
  readonly unique: Selection;
  /** Every supported key, with the text that was given and its test; without one it is only to be returned. */
  readonly keys: ReadonlyMap<Keyword, { readonly text: string; readonly test: Test | undefined }>;
  /** A key that is not supported came: matching answers say so (PS3.4 C.4.1.1.4, FF01). */
  readonly hasUnsupported: boolean;
  /** Specific Character Set of the asker, raw. */
  readonly characterSet: string;
}

/** Unique keys by level; at least one value where one is given. */
export type Selection = Readonly<Partial<Record<Level, readonly string[]>>>;

/** Why an identifier is refused: the status and a comment without any of its values. */
export interface Refusal {
  readonly status: number;
  readonly comment: string;
}

/**
 * Reads the identifier of a C-FIND. Queries are hierarchical: every level above has its unique key with one value
 * (PS3.4 C.4.1.3.1.1); relational queries are refused. Keys of lower levels and unknown ones are not supported:
 * they neither match nor come back.
 */
export function parseQuery(
  bytes: Uint8Array | undefined,
  transferSyntaxUid: string,
  root: Root,
): Result<Query, Refusal> {
  const read = readIdentifier(bytes, transferSyntaxUid, root);
  if (!read.ok) return read;
  const { dataset, level } = read.value;
  const unique = selectionOf(dataset, level, root, 'query');
  if (!unique.ok) return unique;
  const keys = new Map<Keyword, { text: string; test: Test | undefined }>();
  let hasUnsupported = false;
  for (const [number, element] of dataset) {
    const keyword = keywordOf(number);
    if (number % 0x10000 === 0 || (keyword && aboutTheQuery.has(keyword))) continue;
    if (!keyword || !isOfLevel(keyword, level)) {
      hasUnsupported = true;
      continue;
    }
    const text = keyText(dataset, keyword, element);
    const test = testOf(attributes[keyword][1], text);
    if (!test.ok) return refused(`${keyword} ${test.fault}`);
    keys.set(keyword, { text, test: test.value });
  }
  return ok({
    level,
    unique: unique.value,
    keys,
    hasUnsupported,
    characterSet: characterSetOf(dataset),
  });
}

/**
 * Reads the identifier of a C-MOVE or C-GET: the unique keys alone, one value for each level above, at least one at
 * the level itself (PS3.4 C.4.2.1.4.1). Other keys are passed over: they never narrow what is sent.
 */
export function parseRetrieval(
  bytes: Uint8Array | undefined,
  transferSyntaxUid: string,
  root: Root,
): Result<Selection, Refusal> {
  const read = readIdentifier(bytes, transferSyntaxUid, root);
  if (!read.ok) return read;
  return selectionOf(read.value.dataset, read.value.level, root, 'retrieval');
}

/** Attributes of an identifier that are no keys. */
const aboutTheQuery: ReadonlySet<Keyword> = new Set([
  'QueryRetrieveLevel',
  'SpecificCharacterSet',
  'TimezoneOffsetFromUTC',
  'RetrieveAETitle',
  'InstanceAvailability',
]);

function readIdentifier(
  bytes: Uint8Array | undefined,
  transferSyntaxUid: string,
  root: Root,
): Result<{ readonly dataset: DataSet; readonly level: Level }, Refusal> {
  if (bytes === undefined) return refused('The request has no identifier');
  const dataset = parseDataSet(bytes, transferSyntaxUid);
  if (!dataset.ok)
    return fail({ status: dimseStatus.cannotUnderstand, comment: 'The identifier cannot be read' });
  const text = textOf(dataset.value, 'QueryRetrieveLevel');
  const level = levels.find((name) => name === text);
  if (!level || (root === 'study' && level === 'PATIENT')) {
    return refused('QueryRetrieveLevel is none of this model');
  }
  return ok({ dataset: dataset.value, level });
}

function selectionOf(
  dataset: DataSet,
  level: Level,
  root: Root,
  purpose: 'query' | 'retrieval',
): Result<Selection, Refusal> {
  const selection: Partial<Record<Level, readonly string[]>> = {};
  for (const name of downTo(level)) {
    if (name === 'PATIENT' && root === 'study') continue;
    const keyword = uniqueKey[name];
    const element = dataset.get(attributes[keyword][0]);
    const text = element ? keyText(dataset, keyword, element) : '';
    const isOwn = name === level;
    const isOpen = text === '' || /^\*+$/.test(text);
    if (isOwn && purpose === 'query' && (isOpen || name === 'PATIENT')) continue;
    const values = text.split('\\').map((value) => value.trim());
    const isWrong =
      isOpen ||
      (values.length > 1 && (!isOwn || name === 'PATIENT')) ||
      !values.every(name === 'PATIENT' ? isPlain : isUid);
    if (isWrong) {
      return refused(
        isOwn ? `${keyword} is needed, without wildcards` : `${keyword} is needed, with one value`,
      );
    }
    selection[name] = values;
  }
  return ok(selection);
}

function isPlain(value: string): boolean {
  return value !== '' && !/[*?]/.test(value);
}

/** The key as text, whole: a list of UIDs is longer than what is read of a stored value. */
function keyText(dataset: DataSet, keyword: Keyword, { value }: DataElement): string {
  const vr = attributes[keyword][1];
  if (!(value instanceof Uint8Array)) return '';
  if (vr === 'UI')
    return new TextDecoder('latin1')
      .decode(value)
      .replace(/[\0 ]+$/, '')
      .trim();
  if (vr === 'US') return String(numberOf(dataset, keyword) ?? '');
  return textOf(dataset, keyword);
}

function refused(comment: string): { readonly ok: false; readonly fault: Refusal } {
  return fail({ status: dimseStatus.mismatch, comment });
}
