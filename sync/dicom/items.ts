import { type Encoding, isItemTag, readElement } from './element.ts';
import { tag } from './tags.ts';
import { maxSequenceDepth } from './walk.ts';

/**
 * Whether a value without a value representation is a sequence: one item or more that fill it exactly, and elements
 * that fill each item. Elements of defined length inside are not looked into.
 */
export function areItems(value: Uint8Array, encoding: Encoding): boolean {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return value.length >= 8 && itemsEnd(view, 0, value.length, encoding, 0) === value.length;
}

/** Where the items from `at` end, behind their delimiter when `end` is undefined; undefined: they are none. */
function itemsEnd(
  view: DataView,
  at: number,
  end: number | undefined,
  encoding: Encoding,
  depth: number,
): number | undefined {
  if (depth >= maxSequenceDepth) return undefined;
  let next = at;
  while (end === undefined || next < end) {
    const item = readElement(view, next, encoding);
    if (item === undefined) return undefined;
    if (end === undefined && item.tag === tag.SequenceDelimitationItem) return item.valueAt;
    if (item.tag !== tag.Item) return undefined;
    const declared = item.length === undefined ? undefined : item.valueAt + item.length;
    if ((declared ?? 0) > (end ?? view.byteLength)) return undefined;
    const itemEnd = elementsEnd(view, item.valueAt, declared, encoding, depth);
    if (itemEnd === undefined) return undefined;
    next = itemEnd;
  }
  return next === end ? next : undefined;
}

function elementsEnd(
  view: DataView,
  at: number,
  end: number | undefined,
  encoding: Encoding,
  depth: number,
): number | undefined {
  let next = at;
  while (end === undefined || next < end) {
    const element = readElement(view, next, encoding);
    if (element === undefined) return undefined;
    if (end === undefined && element.tag === tag.ItemDelimitationItem) return element.valueAt;
    if (isItemTag(element.tag)) return undefined;
    const { valueAt, length } = element;
    const valueEnd =
      length === undefined
        ? itemsEnd(view, valueAt, undefined, encoding, depth + 1)
        : valueAt + length;
    if (valueEnd === undefined || valueEnd > (end ?? view.byteLength)) return undefined;
    next = valueEnd;
  }
  return next === end ? next : undefined;
}
