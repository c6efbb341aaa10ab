import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '#sync/dicom/element.ts';
import { buildFileHeader, readFileHeader } from '#sync/dicom/part10.ts';
import { recognizeFile } from '#sync/dicom/recover.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { leastElements, sopClass, sopInstance, type Written, written } from './dataset.ts';

const preamble = new Uint8Array(128);
const magic = utf8('DICM');
const pixels: Written = [0x7fe00010, 'OW', new Uint8Array(64)];
const encodings = [
  [transferSyntax.explicitLittleEndian, explicitLittleEndian],
  [transferSyntax.implicitLittleEndian, implicitLittleEndian],
  [transferSyntax.explicitBigEndian, explicitBigEndian],
] as const;
const syntaxes = [...encodings.map(([uid]) => uid), transferSyntax.deflated];

function datasetIn(transferSyntaxUid: string): Uint8Array {
  const [, encoding = explicitLittleEndian] =
    encodings.find(([uid]) => uid === transferSyntaxUid) ?? [];
  const plain = written([...leastElements, pixels], encoding);
  return transferSyntaxUid === transferSyntax.deflated
    ? Uint8Array.from(deflateRawSync(plain))
    : plain;
}

const group2 = (transferSyntaxUid: string) =>
  buildFileHeader({
    transferSyntaxUid,
    sopClassUid: sopClass,
    sopInstanceUid: sopInstance,
    sendingAeTitle: '',
  }).subarray(132);

/** What devices leave out, and where the dataset is then. */
const losses: Readonly<Record<string, (syntax: string) => readonly Uint8Array[]>> = {
  'no preamble': (syntax) => [group2(syntax)],
  'magic alone': (syntax) => [magic, group2(syntax)],
  'wrong magic': (syntax) => [preamble, utf8('MCID'), group2(syntax)],
  'preamble without magic': (syntax) => [preamble, group2(syntax)],
  'no group 0002': () => [preamble, magic],
  'neither preamble nor group 0002': () => [],
  'group 0002 without a transfer syntax': () => [
    preamble,
    magic,
    written([[0x00020002, 'UI', `${sopClass}\0`]]),
  ],
};

test('whatever is lost in front of a dataset, class, instance, syntax and start are found again', () => {
  for (const [name, lossOf] of Object.entries(losses)) {
    for (const syntax of syntaxes) {
      const dataset = datasetIn(syntax);
      const front = concat(...lossOf(syntax));
      const found = expectOk(recognizeFile(concat(front, dataset)));
      const label = `${name}, ${syntax}`;
      assert.equal(found.transferSyntaxUid, syntax, label);
      assert.equal(found.sopClassUid, sopClass, label);
      assert.equal(found.sopInstanceUid, sopInstance, label);
      assert.equal(found.datasetAt, front.length, label);
      const stored = expectOk(readFileHeader(concat(found.fileHeader, dataset)));
      assert.equal(stored.transferSyntaxUid, syntax, label);
      assert.equal(stored.fileHeaderSizeBytes, found.fileHeader.length, label);
    }
  }
});

test('a whole file keeps the header it came with', () => {
  const header = buildFileHeader({
    transferSyntaxUid: transferSyntax.explicitLittleEndian,
    sopClassUid: sopClass,
    sopInstanceUid: sopInstance,
    sendingAeTitle: 'DEMO_CT',
  });
  header.set(utf8('II*\0'), 0);
  const bytes = concat(header, datasetIn(transferSyntax.explicitLittleEndian));
  const found = expectOk(recognizeFile(bytes));
  assert.deepEqual(found.fileHeader, header);
  assert.equal(found.datasetAt, header.length);
});

test('a dataset alone that does not name class, instance and study is no image', () => {
  for (let missing = 0; missing < 3; missing += 1) {
    const number = [0x00080016, 0x00080018, 0x0020000d][missing];
    const rest = leastElements.filter(([each]) => each !== number);
    assert.equal(recognizeFile(written([...rest, pixels])).ok, false, String(missing));
  }
});

test('other files, cut ones and noise are refused or recognised, and never throw', () => {
  const wholes = syntaxes.map((syntax) =>
    concat(...(losses['no preamble']?.(syntax) ?? []), datasetIn(syntax)),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 600 }),
        fc
          .tuple(fc.constantFrom(...wholes), fc.nat(400))
          .map(([whole, at]) => whole.subarray(0, at)),
        fc
          .tuple(fc.constantFrom(...wholes), fc.nat(400), fc.nat(255))
          .map(([whole, at, byte]) => whole.with(at % whole.length, byte)),
      ),
      (bytes) => {
        const found = recognizeFile(bytes);
        if (!found.ok) return;
        assert.ok(found.value.datasetAt <= bytes.length);
        assert.ok(readFileHeader(found.value.fileHeader).ok);
      },
    ),
    { numRuns: 500 },
  );
  assert.equal(recognizeFile(utf8('%PDF-1.7\n'.repeat(100))).ok, false);
  assert.equal(recognizeFile(new Uint8Array(1_000)).ok, false);
});

const samplesDir = fileURLToPath(
  new URL('../../../../shared/data/dicom/syntaxes/', import.meta.url),
);
const skip = existsSync(samplesDir) ? false : 'the sample data is not on this machine';

/** By its marks alone a stream is not told apart from these. */
const alike: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.53': '1.2.840.10008.1.2.4.55',
  '1.2.840.10008.1.2.4.90': '1.2.840.10008.1.2.4.91',
  '1.2.840.10008.1.2.4.201': '1.2.840.10008.1.2.4.203',
};

test('compressed samples without their file header are given the syntax they had', { skip }, () => {
  let count = 0;
  for (const name of readdirSync(samplesDir)) {
    const head = new Uint8Array(readFileSync(`${samplesDir}${name}`).subarray(0, 256 * 1024));
    const whole = readFileHeader(head);
    if (!whole.ok) continue;
    const found = recognizeFile(head.subarray(whole.value.fileHeaderSizeBytes));
    if (!found.ok) continue;
    const { transferSyntaxUid } = whole.value;
    assert.equal(
      found.value.transferSyntaxUid,
      alike[transferSyntaxUid] ?? transferSyntaxUid,
      name,
    );
    count += 1;
  }
  assert.ok(count >= 25, `${count} samples`);
});
