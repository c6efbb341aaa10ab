import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Area, areasOfRange, rowBytes } from '#sync/coding/areas.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { encodeElement, encodeImplicit, encodeText } from '#sync/dicom/encode.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';

const syntax = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
} as const;

interface Pixels {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly samples?: number;
  readonly planar?: number;
  readonly signed?: number;
  readonly tag?: number;
}

test('native pixels are found with their shape', () => {
  const cases: readonly (readonly [Pixels, number, number, 1 | 2])[] = [
    [{ rows: 4, columns: 6, bits: 16 }, 6, 1, 2],
    [{ rows: 4, columns: 6, bits: 8, samples: 3 }, 6, 3, 1],
    [{ rows: 4, columns: 6, bits: 8, samples: 3, planar: 1 }, 6, 1, 1],
    [{ rows: 4, columns: 6, bits: 32 }, 6, 2, 2],
    [{ rows: 4, columns: 16, bits: 1 }, 2, 1, 1],
    [{ rows: 4, columns: 6, bits: 0, tag: 0x7fe00008 }, 6, 2, 2],
    [{ rows: 4, columns: 6, bits: 0, tag: 0x7fe00009 }, 6, 4, 2],
  ];
  for (const [pixels, columns, components, bytesPerSample] of cases) {
    const value = new Uint8Array(columns * components * bytesPerSample * 4 * 3);
    const object = explicitObject(pixels, value);
    const [area, ...others] = areasOfObject(object);
    assert.deepEqual(others, []);
    assert.deepEqual(area, {
      from: object.length - value.length,
      to: object.length,
      rows: 4,
      shape: { columns, components, bytesPerSample, isBigEndian: false, isSigned: false },
    });
  }
});

test('implicit, big endian and signed pixels are found, whatever sequences lie in front', () => {
  const value = new Uint8Array(2 * 3 * 4);
  const numbers: readonly (readonly [number, number])[] = [
    [0x00280010, 3],
    [0x00280011, 4],
    [0x00280100, 16],
    [0x00280103, 1],
  ];
  const icon = openSequence(concat(number16(0x00280010, 64, true), number16(0x00280011, 64, true)));
  const implicit = concat(
    header(syntax.implicit),
    icon,
    ...numbers.map(([tag, value]) => number16(tag, value, true)),
    encodeImplicit(0x7fe00010, 'OW', value),
  );
  const big = concat(header(syntax.bigEndian), ...numbers.map(bigEndian16), bigEndianPixels(value));
  for (const [object, isBigEndian] of [
    [implicit, false],
    [big, true],
  ] as const) {
    const [area] = areasOfObject(object);
    const shape = { columns: 4, components: 1, bytesPerSample: 2, isBigEndian, isSigned: true };
    assert.deepEqual(area?.shape, shape);
    assert.equal(area?.rows, 3);
    assert.equal(area?.from, object.length - value.length);
  }
});

test('what is no array of samples has no areas', () => {
  const value = new Uint8Array(240);
  const encapsulated = encodeElement(0x7fe00010, 'OB', new Uint8Array(0));
  encapsulated.set([0xff, 0xff, 0xff, 0xff], 8);
  const none = [
    new Uint8Array(0),
    utf8('DICM'),
    header(syntax.explicit),
    explicitObject({ rows: 4, columns: 6, bits: 12 }, value),
    explicitObject({ rows: 4, columns: 7, bits: 1 }, value),
    explicitObject({ rows: 0, columns: 6, bits: 16 }, value),
    explicitObject({ rows: 4, columns: 600, bits: 16 }, value),
    explicitObject({ rows: 4, columns: 6, bits: 16 }, value, syntax.deflated),
    concat(explicitObject({ rows: 4, columns: 6, bits: 16 }), encapsulated, value),
  ];
  for (const object of none) assert.deepEqual(areasOfObject(object), []);
});

test('pixels that end early, or go on odd, are an area of whole rows', () => {
  const object = explicitObject({ rows: 4, columns: 6, bits: 16 }, new Uint8Array(2 * 6 * 4));
  const [cut] = areasOfObject(object.subarray(0, -13));
  assert.equal((cut?.to ?? 0) - (cut?.from ?? 0), 2 * 12);
  const [open] = areasOfObject(object.subarray(0, -13), Number.POSITIVE_INFINITY);
  assert.equal((open?.to ?? 0) - (open?.from ?? 0), 4 * 12);
});

test('any bytes behind a header are answered, and areas lie inside and apart', () => {
  const start = header(syntax.explicit);
  const sample = explicitObject({ rows: 4, columns: 6, bits: 16 }, new Uint8Array(48));
  const changed = fc
    .array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => {
      const bytes = sample.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 200 }).map((tail) => concat(start, tail));
  fc.assert(
    fc.property(fc.oneof(changed, random), (bytes) => {
      let at = 0;
      for (const { from, to, shape } of areasOfObject(bytes)) {
        assert.ok(from >= at && to > from && to <= bytes.length);
        assert.equal((to - from) % rowBytes(shape), 0);
        at = to;
      }
    }),
    { numRuns: 1_000 },
  );
});

test('the ranges of an object keep their areas, cut at rows and frames', () => {
  const shape = {
    columns: 5,
    components: 1,
    bytesPerSample: 2,
    isBigEndian: false,
    isSigned: false,
  };
  const area: Area = {
    from: 33,
    to: 33 + 10 * 4 * 7,
    rows: 4,
    shape: { ...shape, bytesPerSample: 2 },
  };
  fc.assert(
    fc.property(fc.nat(400), fc.nat(400), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      let covered = 0;
      let at = 0;
      for (const piece of areasOfRange([area], from, to)) {
        assert.ok(piece.from >= at && piece.to <= to - from && piece.to > piece.from);
        assert.equal((piece.from + from - area.from) % 10, 0);
        const isWhole = piece.rows === 4 && (piece.from + from - area.from) % 40 === 0;
        assert.ok(isWhole || piece.to - piece.from === piece.rows * 10);
        covered += piece.to - piece.from;
        at = piece.to;
      }
      const inside = Math.max(0, Math.min(to, area.to) - Math.max(from, area.from));
      assert.ok(inside - covered < 20);
    }),
  );
});

function header(transferSyntaxUid: string): Uint8Array {
  const uids = { sopClassUid: '1.2.3', sopInstanceUid: '2.25.1', transferSyntaxUid };
  return buildFileHeader({ ...uids, sendingAeTitle: '' });
}

function explicitObject(
  pixels: Pixels,
  value?: Uint8Array,
  transferSyntax = syntax.explicit as string,
) {
  const us = (tag: number, number: number) =>
    encodeElement(tag, 'US', Uint8Array.of(number & 0xff, number >> 8));
  return concat(
    header(transferSyntax),
    encodeText(0x00100010, 'PN', 'TEST^ALPHA'),
    us(0x00280002, pixels.samples ?? 1),
    us(0x00280006, pixels.planar ?? 0),
    us(0x00280010, pixels.rows),
    us(0x00280011, pixels.columns),
    us(0x00280100, pixels.bits),
    us(0x00280103, pixels.signed ?? 0),
    value ? encodeElement(pixels.tag ?? 0x7fe00010, 'OW', value) : new Uint8Array(0),
  );
}

function number16(tag: number, value: number, isImplicit: boolean): Uint8Array {
  const bytes = Uint8Array.of(value & 0xff, value >> 8);
  return isImplicit ? encodeImplicit(tag, 'US', bytes) : encodeElement(tag, 'US', bytes);
}

/** A sequence and an item of undefined length around `content`, implicit. */
function openSequence(content: Uint8Array): Uint8Array {
  const open = (tag: number) => {
    const bytes = encodeImplicit(tag, 'SQ', new Uint8Array(0));
    bytes.fill(0xff, 4);
    return bytes;
  };
  const end = (tag: number) => encodeImplicit(tag, 'SQ', new Uint8Array(0));
  return concat(open(0x00091001), open(0xfffee000), content, end(0xfffee00d), end(0xfffee0dd));
}

function bigEndian16([tag, value]: readonly [number, number]): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, tag);
  bytes.set(utf8('US'), 4);
  view.setUint16(6, 2);
  view.setUint16(8, value);
  return bytes;
}

function bigEndianPixels(value: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0x7fe00010);
  head.set(utf8('OW'), 4);
  view.setUint32(8, value.length);
  return concat(head, value);
}
