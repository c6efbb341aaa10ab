import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { type Announced, readAttributes } from '#sync/dicom/attributes.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/dicom/', import.meta.url));
const skip = existsSync(`${folder}MANIFEST.tsv`) ? false : 'the sample data is not on this machine';
const headBytes = 256 * 1024;

interface Sample {
  readonly path: string;
  readonly sizeBytes: number;
  readonly isPart10: boolean;
  readonly transferSyntaxUid: string;
  readonly sopClassUid: string;
  readonly uids: readonly string[];
}

function samples(): readonly Sample[] {
  const [names = '', ...lines] = readFileSync(`${folder}MANIFEST.tsv`, 'utf8').trim().split('\n');
  const columns = names.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
    return {
      path: cell('path'),
      sizeBytes: Number(cell('bytes')),
      isPart10: cell('part10') === 'yes',
      transferSyntaxUid: cell('transfer_syntax'),
      sopClassUid: cell('sop_class'),
      uids: ['study_uid', 'series_uid', 'sop_instance_uid'].map(cell),
    };
  });
}

function headOf({ path, sizeBytes }: Sample): Uint8Array {
  const bytes = new Uint8Array(Math.min(sizeBytes, headBytes));
  const file = openSync(`${folder}${path}`, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

function read(sample: Sample) {
  const bytes = headOf(sample);
  const header = readFileHeader(bytes);
  if (!header.ok) return header;
  const dataset = bytes.subarray(header.value.fileHeaderSizeBytes);
  const sizeBytes = sample.sizeBytes - header.value.fileHeaderSizeBytes;
  return readAttributes(dataset, header.value, sizeBytes === dataset.length, sizeBytes);
}

test('every study, syntax and report file is read as the manifest says', { skip }, () => {
  const folders = /^(studies|syntaxes|reports)\//;
  const files = samples().filter(({ path, isPart10 }) => folders.test(path) && isPart10);
  assert.ok(files.length > 400);
  for (const sample of files) {
    const result = read(sample);
    assert.ok(result.ok, `${sample.path}: ${result.ok ? '' : result.fault.message}`);
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, ...rest } = result.value;
    const uids = [studyInstanceUid ?? '', seriesInstanceUid ?? '', sopInstanceUid];
    assert.deepEqual(uids, sample.uids, sample.path);
    assert.equal(rest.transferSyntaxUid, sample.transferSyntaxUid, sample.path);
    assert.equal(rest.sopClassUid, sample.sopClassUid, sample.path);
  }
});

test('names in many scripts are read', { skip }, () => {
  const names: Readonly<Record<string, string>> = {
    'chrArab.dcm': 'قباني^لنزار',
    'chrGreek.dcm': 'Διονυσιος',
    'chrH31.dcm': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    'chrH32.dcm': 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    'chrI2.dcm': 'Hong^Gildong=洪^吉洞=홍^길동',
    'chrX1.dcm': 'Wang^XiaoDong=王^小東=',
    'chrGB2312.dcm': 'Zhang^XiaoDong=张^小东=',
  };
  for (const sample of samples()) {
    const name = names[sample.path.replace('charsets/', '')];
    if (name === undefined) continue;
    const result = read(sample);
    assert.equal(result.ok && result.value.patientName, name, sample.path);
  }
});

test('damaged files get a reason, and none is taken for whole', { skip }, () => {
  const kinds: Readonly<Record<string, string>> = {
    'MR_truncated.dcm': 'dicom/truncated',
    'own-cut-in-pixeldata.dcm': 'dicom/truncated',
    'own-lying-length.dcm': 'dicom/truncated',
    'own-cut-in-file-meta.dcm': 'dicom/file-header',
    'own-preamble-only.dcm': 'dicom/file-header',
    'own-illegal-uid-path-chars.dcm': 'dicom/file-header',
    'own-plain.pdf': 'dicom/not-part10',
    'own-zero-bytes.dcm': 'dicom/not-part10',
    'own-valid-reference.dcm': 'ok',
    'own-trailing-garbage.dcm': 'ok',
    'own-deeply-nested-sequences.dcm': 'ok',
  };
  for (const sample of samples()) {
    if (!sample.path.startsWith('broken/')) continue;
    const result = read(sample);
    const kind = kinds[sample.path.slice('broken/'.length)];
    if (kind !== undefined) assert.equal(result.ok ? 'ok' : result.fault.kind, kind, sample.path);
  }
});

test('a DICOMDIR is not taken for an instance', { skip }, () => {
  const directories = samples().filter(({ path }) => /DICOMDIR/.test(path));
  assert.ok(directories.length >= 8);
  for (const sample of directories) assert.equal(read(sample).ok, false, sample.path);
});

test('a real file with changed bytes never throws', { skip }, () => {
  const isSmall = ({ path, sizeBytes }: Sample) =>
    sizeBytes < 40_000 && /^(syntaxes|charsets|broken|reports)\//.test(path);
  const heads = samples().filter(isSmall).map(headOf);
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...heads), changes, fc.nat(), (head, edits, cut) => {
      const bytes = head.slice(0, cut % 3 === 0 ? cut % (head.length + 1) : head.length);
      for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      const header = readFileHeader(bytes);
      if (!header.ok) return;
      const announced: Announced = header.value;
      readAttributes(bytes.subarray(header.value.fileHeaderSizeBytes), announced, true);
    }),
    { numRuns: 1_000 },
  );
});
