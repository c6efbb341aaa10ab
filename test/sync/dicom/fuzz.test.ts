import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { canonicalSha256 } from '#sync/dicom/canonical.ts';
import { claimedSizeOf } from '#sync/dicom/code-stream.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  readElement,
} from '#sync/dicom/element.ts';
import { framesOf } from '#sync/dicom/frames.ts';
import { areItems } from '#sync/dicom/items.ts';
import { buildFileHeader, readFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntaxOfPixels } from '#sync/dicom/pixel-codec.ts';
import { fragmentsOf, recode, UnreadableDataset } from '#sync/dicom/recode.ts';
import { asciiText, decodeText } from '#sync/dicom/text.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { parseUid } from '#sync/dicom/uid.ts';
import { instanceTags, readValues } from '#sync/dicom/values.ts';
import { walk } from '#sync/dicom/walk.ts';
import { isPlainlyWhole } from '#sync/dicom/whole.ts';
import { watchAllocations } from '#test/support/allocations.ts';
import { countingView } from '#test/support/counting-view.ts';
import { fuzzBytes, fuzzText } from '#test/support/fuzz.ts';
import { leastElements, sopClass, sopInstance, type Written, written } from './dataset.ts';

/** What the reader keeps of one value. */
const maxValueBytes = 1_024;

const sequence: readonly Written[] = [
  ...leastElements.slice(0, 2),
  [0x00081140, 'SQ', undefined],
  [0xfffee000, '', undefined],
  [0x00081150, 'UI', `${sopClass}\0`],
  [0xfffee00d, '', ''],
  [0xfffee0dd, '', ''],
  ...leastElements.slice(2),
  [0x00280010, 'US', Uint8Array.of(0, 2)],
  [0x7fe00010, 'OW', new Uint8Array(64)],
];
const encodings = [
  [transferSyntax.explicitLittleEndian, explicitLittleEndian],
  [transferSyntax.implicitLittleEndian, implicitLittleEndian],
  [transferSyntax.explicitBigEndian, explicitBigEndian],
] as const;
const datasets = encodings.map(([, encoding]) => written(sequence, encoding));
const [explicit = new Uint8Array()] = datasets;
const deflated = Uint8Array.from(deflateRawSync(explicit));
const syntaxes = [...encodings.map(([uid]) => uid), transferSyntax.deflated];

test('a walk reads each byte a few times at most, whatever lengths and items say', () =>
  fuzzBytes('walk, readElement', datasets, (bytes) => {
    for (const [, encoding] of encodings) {
      const { view, reads } = countingView(bytes);
      let last = -1;
      const end = walk(view, encoding, ({ valueAt, length = 0 }) => {
        assert.ok(valueAt > last && valueAt + length <= bytes.length);
        last = valueAt;
      });
      assert.ok(end.reason.length > 0);
      assert.ok(reads() <= 64 + 8 * bytes.length, `${reads()} reads of ${bytes.length}`);
      const element = readElement(view, bytes.length >> 1, encoding);
      assert.ok(element === undefined || element.valueAt > bytes.length >> 1);
    }
  }));

test('attributes of any bytes are bounded texts or a fault', () =>
  fuzzBytes(
    'readAttributes, readValues',
    [...datasets, deflated],
    (bytes) => {
      for (const syntax of syntaxes) {
        const values = readValues(bytes, syntax, instanceTags);
        for (const value of values?.values.values() ?? []) assert.ok(value.length <= maxValueBytes);
        const announced = {
          ...{ transferSyntaxUid: uid(syntax), sopClassUid: uid(sopClass) },
          sopInstanceUid: uid(sopInstance),
        };
        const read = readAttributes(bytes, announced, true);
        if (!read.ok) continue;
        for (const value of Object.values(read.value)) {
          assert.ok(typeof value !== 'string' || value.length <= maxValueBytes);
        }
        assert.match(read.value.studyDate, /^(\d{8})?$/);
      }
    },
    { rounds: 400, allocates: 4 * 1024 * 1024 },
  ));

test('any bytes have a canonical digest or none', () =>
  fuzzBytes('canonicalSha256, areItems', [...datasets, deflated], async (bytes) => {
    for (const syntax of syntaxes) {
      const digest = await canonicalSha256(inPieces(bytes), syntax);
      assert.match(digest ?? '', /^([0-9a-f]{64})?$/);
    }
    for (const [, encoding] of encodings) areItems(bytes, encoding);
  }));

test('a deflated dataset that grows a thousandfold costs a few megabytes', () => {
  const bomb = Uint8Array.from(deflateRawSync(new Uint8Array(16 * 1024 * 1024)));
  const watch = watchAllocations();
  readValues(bomb, transferSyntax.deflated, instanceTags);
  watch.stop();
  assert.ok(watch.sizeBytes <= 32 * 1024 * 1024, `${watch.sizeBytes} bytes`);
});

test('an identifier that is read can be written again', () => {
  const nested = written([
    [0x00080052, 'CS', 'STUDY '],
    [0x00100010, 'PN', 'TEST^ALPHA'],
    [0x00400100, 'SQ', undefined],
    [0xfffee000, '', undefined],
    [0x00080060, 'CS', 'CT'],
    [0xfffee00d, '', ''],
    [0xfffee0dd, '', ''],
  ]);
  return fuzzBytes('parseDataSet', [nested, explicit], (bytes) => {
    for (const syntax of syntaxes) {
      const parsed = parseDataSet(bytes, syntax);
      if (!parsed.ok) continue;
      const again = parseDataSet(encodeDataSet(parsed.value, syntax), syntax);
      assert.ok(again.ok);
      assert.equal(again.value.size, parsed.value.size);
    }
  });
});

test('a Part 10 header lies inside the bytes and names legal UIDs', () => {
  const header = buildFileHeader({
    ...{ sopClassUid: sopClass, sopInstanceUid: sopInstance },
    ...{ transferSyntaxUid: transferSyntax.explicitLittleEndian, sendingAeTitle: 'CT1' },
  });
  const samples = [concat(header, explicit), concat(header.subarray(132), explicit), header];
  return fuzzBytes('readFileHeader', samples, (bytes) => {
    const read = readFileHeader(bytes);
    if (!read.ok) return;
    const { fileHeaderSizeBytes, ...uids } = read.value;
    assert.ok(fileHeaderSizeBytes >= 132 && fileHeaderSizeBytes <= bytes.length);
    for (const each of Object.values(uids)) assert.equal(parseUid(each), each);
  });
});

test('text of any bytes in any character set is well-formed and not much longer than its bytes', () => {
  const terms = [
    '',
    'ISO_IR 192',
    'ISO 2022 IR 87',
    '\\ISO 2022 IR 149',
    'ISO_IR 13',
    'GB18030',
    'x',
  ];
  const samples = [
    utf8('TEST^ALPHA=테스트'),
    concat(
      utf8('Yamada='),
      Uint8Array.of(0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42),
      utf8('^'),
    ),
    concat(Uint8Array.of(0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3), utf8('^')),
    Uint8Array.of(0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x1b, 0x1b, 0x24),
  ];
  return fuzzBytes('decodeText, asciiText', samples, (bytes) => {
    for (const term of terms) {
      const text = decodeText(bytes, term);
      assert.ok(text.isWellFormed());
      assert.ok(text.length <= 2 * bytes.length);
    }
    assert.ok(decodeText(utf8('x'), asciiText(bytes)).length > 0, 'any bytes may be the terms');
  });
});

test('a UID has 64 digits and dots at most, or it is none', () =>
  fuzzText('parseUid', ['1.2.840.10008.1.1', '2.25.0', '1..2', '1.2.3\0'], (text) => {
    const parsed = parseUid(text);
    if (parsed !== undefined) assert.match(parsed, /^(?=.{1,64}$)\d+(\.\d+)*$/);
    assert.ok(parsed === undefined || !/[./\\]{2}|\n/.test(parsed));
  }));

const jpeg = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 32, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1];
const jpeg2000 = [
  0xff,
  0x4f,
  0xff,
  0x51,
  0,
  41,
  0,
  0,
  0,
  0,
  0,
  32,
  0,
  0,
  0,
  16,
  ...Array(40).fill(0),
];
const runLengths = [1, 0, 0, 0, 64, ...Array(60).fill(0)];

/** Elements of a Pixel Data of undefined length: an empty offset table, then `fragments`. */
function encapsulated(...fragments: readonly (readonly number[])[]): Uint8Array {
  const items = [[], ...fragments].map(
    (bytes): Written => [0xfffee000, '', Uint8Array.from(bytes.length % 2 ? [...bytes, 0] : bytes)],
  );
  return written([...items, [0xfffee0dd, '', '']], explicitLittleEndian);
}

test('a code stream claims a size and a syntax, or neither', () => {
  const streams = [jpeg, jpeg2000, runLengths].map((stream) => Uint8Array.from(stream));
  const pixels = [jpeg, jpeg2000, runLengths].map((stream) => encapsulated(stream));
  return fuzzBytes('claimedSizeOf, transferSyntaxOfPixels', [...streams, ...pixels], (bytes) => {
    const size = claimedSizeOf(bytes);
    assert.ok(size === undefined || (Number.isInteger(size.height) && size.width < 2 ** 32));
    const syntax = transferSyntaxOfPixels(bytes);
    assert.equal(parseUid(syntax ?? '0'), syntax ?? '0');
  });
});

test('a dataset is written anew and its frames are taken out of it, or it is unreadable', () => {
  const compressed = concat(
    written([...leastElements, [0x7fe00010, 'OB', undefined]], explicitLittleEndian),
    encapsulated(jpeg, jpeg2000, jpeg),
  );
  return fuzzBytes('recode, fragmentsOf, framesOf', [...datasets, compressed], (bytes) => {
    for (const [syntax, from] of encodings) {
      isPlainlyWhole(bytes, bytes.subarray(-8), bytes.length, syntax);
      for (const to of [explicitLittleEndian, implicitLittleEndian]) {
        const pieces = unlessUnreadable(() => recode(bytes, { from, to, vrOf: () => 'UN' })) ?? [];
        // Heads of twelve bytes for those of eight, and delimiters of eight for lengths.
        assert.ok(pieces.reduce((sum, { length }) => sum + length, 0) <= 8 + 3 * bytes.length);
      }
      const items = unlessUnreadable(() => fragmentsOf(bytes, from)) ?? [];
      for (const count of [1, 2, 3]) {
        const frames = framesOf(items, count);
        assert.ok(frames === undefined || frames.length === count);
        assert.ok((frames ?? []).reduce((sum, { length }) => sum + length, 0) <= bytes.length);
      }
    }
  });
});

function unlessUnreadable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UnreadableDataset) return undefined;
    throw cause;
  }
}

function uid(text: string) {
  const parsed = parseUid(text);
  assert.ok(parsed);
  return parsed;
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, bytes.length >> 1);
  yield bytes.subarray(bytes.length >> 1);
}
