import { concat } from '#sync/core/bytes.ts';
import type { Encoding } from '#sync/dicom/element.ts';
import { written } from './dataset.ts';

/** An element apart from its encoding: words in little endian, text without padding, or items. */
export interface Node {
  readonly number: number;
  readonly vr: string;
  readonly value: Uint8Array | readonly (readonly Node[])[];
}

/** The freedoms that a writer has (PS3.5 6.2, 7.2, 7.5). */
export interface Style {
  readonly encoding: Encoding;
  /** What texts of odd length are filled up with. */
  readonly padding: number;
  readonly isDefined: boolean;
  readonly hasGroupLengths: boolean;
}

const widths: Readonly<Record<string, number>> = { US: 2, OW: 2, UL: 4, FD: 8 };

/** A dataset of `nodes` as one writer would write it. */
export function writeNodes(nodes: readonly Node[], style: Style): Uint8Array {
  let group = 0;
  return concat(
    ...nodes.flatMap((node) => {
      const isNew = node.number >>> 16 !== group;
      group = node.number >>> 16;
      const element = writeNode(node, style);
      if (!isNew || !style.hasGroupLengths) return [element];
      return [written([[group * 0x10000, 'UL', new Uint8Array(4)]], style.encoding), element];
    }),
  );
}

function writeNode({ number, vr, value }: Node, style: Style): Uint8Array {
  const { encoding, isDefined } = style;
  if (value instanceof Uint8Array) {
    return written([[number, vr, inOrder(padded(value, style.padding), vr, encoding)]], encoding);
  }
  const items = value.map((item) => {
    const elements = writeNodes(item, style);
    if (isDefined) return written([[0xfffee000, '', elements]], encoding);
    const start = written([[0xfffee000, '', undefined]], encoding);
    return concat(start, elements, written([[0xfffee00d, '', '']], encoding));
  });
  if (isDefined) return written([[number, vr, concat(...items)]], encoding);
  const start = written([[number, vr, undefined]], encoding);
  return concat(start, ...items, written([[0xfffee0dd, '', '']], encoding));
}

function padded(value: Uint8Array, padding: number): Uint8Array {
  return value.length % 2 === 0 ? value : concat(value, Uint8Array.of(padding));
}

function inOrder(value: Uint8Array, vr: string, { isLittleEndian }: Encoding): Uint8Array {
  const width = widths[vr];
  if (isLittleEndian || width === undefined) return value;
  return value.map((_, at) => value[at - (at % width) + width - 1 - (at % width)] ?? 0);
}
