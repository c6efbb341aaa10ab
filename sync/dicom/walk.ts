import {
  type Element,
  type Encoding,
  implicitLittleEndian,
  isItemTag,
  readElement,
} from './element.ts';
import { tag } from './tags.ts';

/** Sequences inside one another that the reader follows (intake limits). */
export const maxSequenceDepth = 32;

/** Why a walk over the top level of a dataset ended. */
export interface WalkEnd {
  /** `short`: an element ran past the end of the bytes; `deep`: more than `maxSequenceDepth`. */
  readonly reason: 'end' | 'pixel-data' | 'short' | 'deep';
  /** Where the element that ended the walk has its end, if it declares one. */
  readonly declaredEnd: number | undefined;
  /** Where the value of Pixel Data starts, when the walk came so far. */
  readonly pixelsAt?: number;
  /** False once tags were out of order or a delimiter was missing: lengths are then no evidence. */
  readonly isOrderly: boolean;
}

/**
 * Visits the elements of the top level, in order, up to Pixel Data or the end of the bytes. Values of undefined
 * length are skipped. Ends on any input: every step goes on by 8 bytes or leaves a sequence.
 */
export function walk(
  view: DataView,
  encoding: Encoding,
  visit: (element: Element) => void,
): WalkEnd {
  let isOrderly = true;
  let last = -1;
  for (let at = 0; ; ) {
    const element = readElement(view, at, encoding);
    if (element === undefined) {
      const isClean = view.byteLength === at;
      return { reason: isClean ? 'end' : 'short', declaredEnd: undefined, isOrderly };
    }
    const declaredEnd = element.length === undefined ? undefined : element.valueAt + element.length;
    if (element.tag === tag.PixelData) {
      return { reason: 'pixel-data', declaredEnd, pixelsAt: element.valueAt, isOrderly };
    }
    if (isItemTag(element.tag)) {
      isOrderly = false;
      at = element.valueAt;
      continue;
    }
    if (element.tag <= last) isOrderly = false;
    last = element.tag;
    if (declaredEnd === undefined) {
      const skipped = skipUndefined(view, element, encoding);
      if (typeof skipped === 'string') return { reason: skipped, declaredEnd, isOrderly };
      isOrderly &&= skipped.isOrderly;
      at = skipped.end;
      continue;
    }
    if (declaredEnd > view.byteLength) return { reason: 'short', declaredEnd, isOrderly };
    visit(element);
    at = declaredEnd;
  }
}

interface Skipped {
  readonly end: number;
  readonly isOrderly: boolean;
}

/** A sequence (or the fragments of encapsulated data), or an item, that is ended by a delimiter. */
interface Open {
  readonly isItem: boolean;
  readonly encoding: Encoding;
}

/**
 * The end of the value of `start`, which has no declared length. A missing delimiter ends what is open, as the tag
 * that follows shows; some scanners forget them.
 */
function skipUndefined(
  view: DataView,
  start: Element,
  encoding: Encoding,
): Skipped | 'short' | 'deep' {
  const open: Open[] = [{ isItem: false, encoding: insideOf(start, encoding) }];
  let isOrderly = true;
  for (let at = start.valueAt; ; ) {
    const top = open.at(-1);
    if (top === undefined) return { end: at, isOrderly };
    if (open.length > maxSequenceDepth * 2) return 'deep';
    const element = readElement(view, at, top.encoding);
    if (element === undefined) return 'short';
    if (element.tag === closingTag(top)) {
      open.pop();
      at = element.valueAt;
      continue;
    }
    if (top.isItem === isItemTag(element.tag)) {
      open.pop();
      isOrderly = false;
      continue;
    }
    if (element.length === undefined) {
      open.push({ isItem: !top.isItem, encoding: insideOf(element, top.encoding) });
      at = element.valueAt;
      continue;
    }
    at = element.valueAt + element.length;
    if (at > view.byteLength) return 'short';
  }
}

function closingTag(open: Open): number {
  return open.isItem ? tag.ItemDelimitationItem : tag.SequenceDelimitationItem;
}

/** An unknown value of undefined length is a sequence in implicit little endian (PS3.5 6.2.2, note 2). */
export function insideOf(element: Element, encoding: Encoding): Encoding {
  return element.vr === 'UN' ? implicitLittleEndian : encoding;
}
