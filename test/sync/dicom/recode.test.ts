import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#sync/core/bytes.ts';
import { canonicalSha256 } from '#sync/dicom/canonical.ts';
import { type DataElement, type DataSet, encodeDataSet } from '#sync/dicom/dataset.ts';
import { vrOf } from '#sync/dicom/dictionary.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '#sync/dicom/element.ts';
import { framesOf } from '#sync/dicom/frames.ts';
import { fragmentsOf, recode, swapped, UnreadableDataset } from '#sync/dicom/recode.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
const canonical = (bytes: Uint8Array, syntax: string) => canonicalSha256(once(bytes), syntax);

const leaf: fc.Arbitrary<[number, DataElement]> = fc.oneof(
  fc.tuple(
    fc.constantFrom(0x00080060, 0x00100020, 0x0020000d, 0x00081030, 0x00104000),
    fc.stringMatching(/^[A-Z0-9.]{0,9}$/).map((text) => ({
      vr: '',
      value: new TextEncoder().encode(text.length % 2 ? `${text} ` : text),
    })),
  ),
  fc.tuple(
    fc.constantFrom(0x00280010, 0x00280011),
    fc.uint8Array({ minLength: 2, maxLength: 2 }).map((value) => ({ vr: '', value })),
  ),
);
const level = (depth: number): fc.Arbitrary<DataSet> =>
  fc
    .tuple(
      fc.array(leaf, { maxLength: 4 }),
      depth === 0
        ? fc.constant([])
        : fc.array(
            fc.tuple(
              fc.constantFrom(0x00081140, 0x00400275),
              fc
                .array(level(depth - 1), { maxLength: 3 })
                .map((value): DataElement => ({ vr: 'SQ', value })),
            ),
            { maxLength: 2 },
          ),
    )
    .map(
      ([plain, sequences]) =>
        new Map(
          [...plain, ...sequences].map(([number, { value }]): [number, DataElement] => [
            number,
            { vr: vrOf(number), value },
          ]),
        ),
    );

test('explicit, implicit and back is the same object', async () => {
  const { explicitLittleEndian: explicit, implicitLittleEndian: implicit } = transferSyntax;
  await fc.assert(
    fc.asyncProperty(level(3), async (dataset) => {
      fc.pre(dataset.size > 0);
      const given = encodeDataSet(dataset, explicit);
      const there = concat(
        ...recode(given, { from: explicitLittleEndian, to: implicitLittleEndian, vrOf }),
      );
      const back = concat(
        ...recode(there, { from: implicitLittleEndian, to: explicitLittleEndian, vrOf }),
      );
      const digest = await canonical(given, explicit);
      assert.equal(await canonical(there, implicit), digest);
      assert.equal(await canonical(back, explicit), digest);
    }),
  );
});

test('numbers of a big-endian dataset are turned, by their width', () => {
  const bigEndian = Uint8Array.of(0, 0x28, 0, 0x10, 0x55, 0x53, 0, 2, 0x12, 0x34);
  const [head = new Uint8Array(), value = new Uint8Array()] = recode(bigEndian, {
    ...{ from: explicitBigEndian, to: explicitLittleEndian, vrOf },
  });
  assert.deepEqual([...head, ...value], [0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0, 0x34, 0x12]);
  assert.deepEqual([...swapped(Uint8Array.of(1, 2, 3, 4, 5), 4)], [4, 3, 2, 1, 5]);
});

test('elements instead of others stand in order, and new ones come', () => {
  const dataset = new Map([[0x00280010, { vr: 'US', value: Uint8Array.of(1, 0) }]]);
  const bytes = encodeDataSet(dataset, transferSyntax.explicitLittleEndian);
  const instead = new Map([
    [0x00280010, { vr: 'US', value: Uint8Array.of(2, 0) }],
    [0x00280004, { vr: 'CS', value: new TextEncoder().encode('RGB') }],
    [0x7fe00010, { vr: 'OB', value: Uint8Array.of(9) }],
  ]);
  const out = concat(
    ...recode(bytes, { from: explicitLittleEndian, to: explicitLittleEndian, vrOf, instead }),
  );
  const expected = encodeDataSet(
    new Map([
      [0x00280004, { vr: 'CS', value: new TextEncoder().encode('RGB ') }],
      [0x00280010, { vr: 'US', value: Uint8Array.of(2, 0) }],
      [0x7fe00010, { vr: 'OB', value: Uint8Array.of(9, 0) }],
    ]),
    transferSyntax.explicitLittleEndian,
  );
  assert.deepEqual(out, expected);
});

test('frames are told by number, by the offset table, or by their first marks', () => {
  const start = Uint8Array.of(0xff, 0xd8, 1, 1);
  const rest = Uint8Array.of(2, 2);
  const none = new Uint8Array();
  assert.deepEqual(framesOf([none, start, rest], 2), [start, rest]);
  assert.deepEqual(framesOf([none, start, rest], 1), [concat(start, rest)]);
  const offsets = Uint8Array.of(0, 0, 0, 0, 22, 0, 0, 0);
  const two = [concat(start, rest), start];
  assert.deepEqual(framesOf([offsets, start, rest, start], 2), two);
  assert.deepEqual(framesOf([none, start, rest, start], 2), two);
  assert.equal(framesOf([none, rest, rest, rest], 2), undefined);
  assert.equal(framesOf([none], 1), undefined);
});

test('any bytes are recoded, or refused', () => {
  const sequence = new Map([
    [
      0x00400275,
      { vr: 'SQ', value: [new Map([[0x00400007, { vr: 'LO', value: Uint8Array.of(65, 66) }]])] },
    ],
    [0x00280010, { vr: 'US', value: Uint8Array.of(2, 0) }],
  ]);
  const samples = [transferSyntax.explicitLittleEndian, transferSyntax.implicitLittleEndian].map(
    (syntax) => encodeDataSet(sequence, syntax),
  );
  return fuzzBytes('recode, fragmentsOf', samples, (bytes) => {
    for (const from of [explicitLittleEndian, implicitLittleEndian, explicitBigEndian]) {
      try {
        recode(bytes, { from, to: explicitLittleEndian, vrOf });
        fragmentsOf(bytes, from);
      } catch (cause) {
        assert.ok(cause instanceof UnreadableDataset, String(cause));
      }
    }
  });
});
