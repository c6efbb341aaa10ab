import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { canonicalSha256 } from '#sync/dicom/canonical.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '#sync/dicom/element.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { written } from './dataset.ts';
import { type Node, type Style, writeNodes } from './written-object.ts';

const styles: readonly (readonly [
  string,
  Omit<Style, 'padding' | 'isDefined' | 'hasGroupLengths'>,
])[] = [
  [transferSyntax.explicitLittleEndian, { encoding: explicitLittleEndian }],
  [transferSyntax.implicitLittleEndian, { encoding: implicitLittleEndian }],
  [transferSyntax.explicitBigEndian, { encoding: explicitBigEndian }],
  [transferSyntax.deflated, { encoding: explicitLittleEndian }],
];

const text = (number: number, vr: string): fc.Arbitrary<Node> =>
  fc.stringMatching(/^[A-Z0-9^]{0,17}$/).map((value) => ({ number, vr, value: utf8(value) }));
const words = (number: number, vr: string, size: number): fc.Arbitrary<Node> =>
  fc.uint8Array({ minLength: 0, maxLength: 4 }).map((value) => ({
    number,
    vr,
    value: new Uint8Array(value.length * size).fill(7).map((b, i) => b + i + (value[0] ?? 0)),
  }));

/** One item of a sequence, nested to `depth`, with private and unknown elements. */
function nodes(depth: number): fc.Arbitrary<readonly Node[]> {
  const sequence = (number: number): fc.Arbitrary<Node> =>
    fc
      .array(nodes(depth - 1), { maxLength: 2 })
      .map((items) => ({ number, vr: 'SQ', value: items }));
  const plain = [
    text(0x00080060, 'CS'),
    text(0x00090010, 'LO'),
    words(0x00091010, 'FD', 8),
    words(0x00091011, 'UL', 4),
    text(0x00100010, 'PN'),
    words(0x00280010, 'US', 2),
  ];
  const some = depth === 0 ? plain : [...plain, sequence(0x00091012), sequence(0x00400100)];
  return fc
    .tuple(...some.map((each) => fc.option(each, { nil: undefined })))
    .map((all) => all.filter((each) => each !== undefined).sort((a, b) => a.number - b.number));
}

const object = fc
  .tuple(text(0x00080018, 'UI'), nodes(3), fc.uint8Array({ maxLength: 40 }))
  .map(([uid, more, pixels]): readonly Node[] => [
    { number: 0x00080005, vr: 'CS', value: utf8('ISO_IR 100') },
    ...[uid, ...more].sort((a, b) => a.number - b.number),
    {
      number: 0x7fe00010,
      vr: 'OW',
      value: new Uint8Array(pixels.length * 2).map((_, i) => pixels[i >> 1] ?? i),
    },
  ]);
const style = fc.record({
  syntax: fc.constantFrom(...styles),
  padding: fc.constantFrom(0x20, 0),
  isDefined: fc.boolean(),
  hasGroupLengths: fc.boolean(),
  hasTrailingPadding: fc.boolean(),
  pieceBytes: fc.integer({ min: 1, max: 64 }),
});

async function digestIn(nodes: readonly Node[], how: Chosen) {
  const [syntax, { encoding }] = how.syntax;
  const plain = concat(
    writeNodes(nodes, { ...how, encoding }),
    how.hasTrailingPadding
      ? written([[0xfffcfffc, 'OB', new Uint8Array(6)]], encoding)
      : new Uint8Array(0),
  );
  const dataset = syntax === transferSyntax.deflated ? deflateRawSync(plain) : plain;
  return canonicalSha256(inPieces(dataset, how.pieceBytes), syntax);
}
type Chosen = typeof style extends fc.Arbitrary<infer T> ? T : never;

test('an object has one canonical digest in every encoding, length, padding and piece', async () => {
  await fc.assert(
    fc.asyncProperty(object, style, style, async (nodes, one, other) => {
      const digest = await digestIn(nodes, one);
      assert.match(digest ?? 'none', /^[0-9a-f]{64}$/);
      assert.equal(await digestIn(nodes, other), digest);
    }),
    { numRuns: 100 },
  );
});

test('another value anywhere is another canonical digest', async () => {
  await fc.assert(
    fc.asyncProperty(object, object, style, style, async (a, b, one, other) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b));
      assert.notEqual(await digestIn(a, one), await digestIn(b, other));
    }),
    { numRuns: 100 },
  );
});

test('a changed bit of the pixels is another canonical digest, in both byte orders', async () => {
  const base = { number: 0x7fe00010, vr: 'OW' };
  const digests = new Set<string | undefined>();
  for (const [syntax, { encoding }] of styles.slice(0, 3)) {
    for (const value of [Uint8Array.of(1, 2), Uint8Array.of(2, 1), Uint8Array.of(1, 2, 0, 0)]) {
      const bytes = writeNodes([{ ...base, value }], {
        encoding,
        padding: 0,
        isDefined: true,
        hasGroupLengths: false,
      });
      digests.add(await canonicalSha256(inPieces(bytes, 5), syntax));
    }
  }
  assert.equal(digests.size, 3);
});

test('fragments count one by one', async () => {
  const digestOf = (...sizes: readonly number[]) =>
    canonicalSha256(
      inPieces(
        written([
          [0x7fe00010, 'OB', undefined],
          ...sizes.map((size) => [0xfffee000, '', new Uint8Array(size)] as const),
          [0xfffee0dd, '', ''],
        ]),
        7,
      ),
      '1.2.840.10008.1.2.4.70',
    );
  assert.ok(await digestOf(0, 8));
  assert.notEqual(await digestOf(0, 8), await digestOf(0, 4, 4));
});

test('sequences deeper than the reader follows have no canonical digest', async () => {
  const nested = (depth: number): readonly Node[] =>
    depth === 0 ? [] : [{ number: 0x00400100, vr: 'SQ', value: [nested(depth - 1)] }];
  const how = {
    encoding: explicitLittleEndian,
    padding: 0,
    isDefined: true,
    hasGroupLengths: false,
  };
  for (const [depth, hasDigest] of [
    [32, true],
    [33, false],
  ] as const) {
    const bytes = writeNodes(nested(depth), how);
    const digest = await canonicalSha256(inPieces(bytes, 64), transferSyntax.explicitLittleEndian);
    assert.equal(digest !== undefined, hasDigest, `${depth} deep`);
  }
});

test('what is not a whole dataset has no canonical digest', async () => {
  const whole = written([
    [0x00100010, 'PN', 'TEST^ALPHA'],
    [0x7fe00010, 'OW', new Uint8Array(64)],
  ]);
  const explicit = transferSyntax.explicitLittleEndian;
  for (const bytes of [
    new Uint8Array(0),
    whole.subarray(0, whole.length - 1),
    concat(whole, Uint8Array.of(1, 2, 3)),
    written([
      [0x00400100, 'SQ', undefined],
      [0xfffee000, '', undefined],
    ]),
    written([[0x00400100, 'SQ', 'no items']]),
  ]) {
    assert.equal(await canonicalSha256(inPieces(bytes, 9), explicit), undefined);
  }
  assert.equal(await canonicalSha256(inPieces(whole, 9), transferSyntax.deflated), undefined);
  assert.equal(
    await canonicalSha256(
      inPieces(deflateRawSync(whole).subarray(0, 20), 9),
      transferSyntax.deflated,
    ),
    undefined,
  );
  assert.equal(await canonicalSha256(unreadable(), explicit), undefined);
});

const folder = fileURLToPath(new URL('../../../../shared/data/dicom/syntaxes/', import.meta.url));
const skip = existsSync(folder) ? false : 'the sample data is not on this machine';

test('real objects that come in several encodings are one object each', { skip }, async () => {
  const ct = await digestsOf((name) => /^ct-1\.2\.840\.10008\.1\.2(\.1|\.2|\.1\.99)?-/.test(name));
  assert.equal(ct.length, 4);
  assert.equal(new Set(ct).size, 1);
  const mr = await digestsOf((name) => /^mr-small-1\.2\.840\.10008\.1\.2(\.1)?\.dcm/.test(name));
  assert.equal(mr.length, 2);
  assert.equal(new Set(mr).size, 1);
  const all = await digestsOf(() => true);
  assert.ok(all.length > 40);
  assert.equal(all.includes(undefined), false);
});

async function digestsOf(
  isWanted: (name: string) => boolean,
): Promise<readonly (string | undefined)[]> {
  const digests: (string | undefined)[] = [];
  for (const name of readdirSync(folder).filter(isWanted)) {
    const bytes = readFileSync(`${folder}${name}`);
    const header = readFileHeader(bytes);
    if (!header.ok) continue;
    const dataset = bytes.subarray(header.value.fileHeaderSizeBytes);
    digests.push(await canonicalSha256(inPieces(dataset, 65_536), header.value.transferSyntaxUid));
  }
  return digests;
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* unreadable(): AsyncGenerator<Uint8Array> {
  yield written([[0x00100010, 'PN', 'TEST^ALPHA']]).subarray(0, 9);
  throw new Error('cannot read');
}

test('a deflated dataset that grows beyond the limit is given up, one byte below it is not', async () => {
  const plain = written([[0x7fe00010, 'OW', new Uint8Array(300_000)]], explicitLittleEndian);
  const deflated = new Uint8Array(deflateRawSync(plain));
  const digest = (most: number) => canonicalSha256(once(deflated), transferSyntax.deflated, most);
  assert.equal(await digest(plain.length - 1), undefined);
  assert.equal(
    await digest(plain.length),
    await canonicalSha256(once(plain), transferSyntax.explicitLittleEndian),
  );
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
