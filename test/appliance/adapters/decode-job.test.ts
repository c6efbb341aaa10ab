import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeJob } from '#appliance/adapters/decode-job.ts';
import { expectOk } from '#sync/core/result.ts';
import { canonicalSha256 } from '#sync/dicom/canonical.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { diceOf } from '#test/support/dice.ts';
import { repositoryDir } from '#test/support/source-tree.ts';

const samples = join(repositoryDir, '../shared/data/dicom/syntaxes');
const hasSamples = existsSync(samples);
const hasDcmtk = spawnSync('dcmdjpeg', ['--version']).status === 0;
const skip = hasSamples ? false : 'the sample objects are not there';
const { explicitLittleEndian: explicit, implicitLittleEndian: implicit } = transferSyntax;

function objectOf(path: string) {
  const bytes = new Uint8Array(readFileSync(path));
  const { fileHeaderSizeBytes, transferSyntaxUid } = expectOk(readFileHeader(bytes));
  return { dataset: bytes.subarray(fileHeaderSizeBytes), transferSyntaxUid };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const canonical = (bytes: Uint8Array, syntax: string) => canonicalSha256(once(bytes), syntax);
const job = (path: string, into: string, mostBytes = 512 * 1024 * 1024) =>
  decodeJob({ ...objectOf(path), into, mostBytes });

const names = hasSamples ? readdirSync(samples).filter((name) => name.endsWith('.dcm')) : [];
const plainNames = names.filter((name) =>
  /1\.2(\.1(\.99)?|\.2)?-?[A-Za-z]*\.dcm$/.test(name.replace(/^[a-z-]+/, '')),
);
const undecodable = /own-private-transfer|video|DeflatedImageFrame|1bit|SampleInterleaved/;

test('an uncompressed object is the same object in either plain encoding', { skip }, async () => {
  assert.ok(plainNames.length >= 8, plainNames.join(' '));
  for (const name of plainNames) {
    const { dataset, transferSyntaxUid } = objectOf(join(samples, name));
    const digest = await canonical(dataset, transferSyntaxUid);
    for (const into of [explicit, implicit]) {
      const decoded = expectOk(await job(join(samples, name), into));
      assert.equal(await canonical(decoded, into), digest, `${name} into ${into}`);
    }
  }
});

test('what was compressed without loss comes out as it went in', { skip }, async () => {
  const plain = expectOk(
    await job(join(samples, 'ct-1.2.840.10008.1.2.1-LittleEndianExplicit.dcm'), explicit),
  );
  const pixelsOf = (bytes: Uint8Array) => Buffer.from(bytes).subarray(-512 * 512 * 2);
  for (const name of names.filter((one) => /^ct-.*Lossless/.test(one))) {
    const decoded = expectOk(await job(join(samples, name), explicit));
    assert.ok(pixelsOf(decoded).equals(pixelsOf(plain)), name);
  }
});

const skipPeer = skip || (hasDcmtk ? false : 'DCMTK is not installed');

test('DCMTK decodes every object to the same one', { skip: skipPeer }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-decode-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tools: readonly (readonly [RegExp, string])[] = [
    [/\.4\.(5\d|70)$/, 'dcmdjpeg'],
    [/\.4\.8\d$/, 'dcmdjpls'],
    [/\.1\.2\.5$/, 'dcmdrle'],
  ];
  let compared = 0;
  for (const name of names.filter((one) => !undecodable.test(one))) {
    const { transferSyntaxUid } = objectOf(join(samples, name));
    const tool = tools.find(([pattern]) => pattern.test(transferSyntaxUid))?.[1];
    const path = join(folder, name);
    if (!tool || spawnSync(tool, [join(samples, name), path]).status !== 0) continue;
    const theirs = objectOf(path);
    const ours = expectOk(await job(join(samples, name), explicit));
    assert.equal(
      await canonical(ours, explicit),
      await canonical(theirs.dataset, theirs.transferSyntaxUid),
      name,
    );
    compared++;
  }
  assert.ok(compared >= 15, `${compared} were compared`);
});

test('what cannot be decoded is refused, never guessed', { skip }, async () => {
  const kinds: Record<string, string> = {};
  for (const name of names.filter((one) => undecodable.test(one) && !/SampleInter/.test(one))) {
    const decoded = await job(join(samples, name), explicit);
    kinds[name] = decoded.ok ? 'decoded' : decoded.fault.kind;
  }
  assert.deepEqual(new Set(Object.values(kinds)), new Set(['decode/unknown-syntax']));
  const ct = join(samples, 'ct-1.2.840.10008.1.2.4.80-JPEGLSLossless.dcm');
  const large = await job(ct, explicit, 100_000);
  assert.equal(large.ok || large.fault.kind, 'decode/too-large');
  const deflated = join(samples, 'ct-1.2.840.10008.1.2.1.99-DeflatedExplicitVRLittleEndian.dcm');
  const bomb = await job(deflated, explicit, 100_000);
  assert.equal(bomb.ok || bomb.fault.kind, 'decode/too-large');
});

test('a code stream that is cut, changed or of another size is refused, and the next one decodes', {
  skip,
}, async () => {
  const dice = diceOf('7');
  for (const name of names.filter((one) => /^ct-.*\.(50|70|80|90|5)-/.test(one))) {
    const { dataset, transferSyntaxUid } = objectOf(join(samples, name));
    for (let round = 0; round < 4; round++) {
      const changed = dataset.slice();
      const from = Math.floor(changed.length / 2);
      for (let hits = 0; hits < 20; hits++) {
        changed[from + dice.below(changed.length - from)] = dice.below(256);
      }
      const mostBytes = 8 * 1024 * 1024;
      const outcome = await decodeJob({
        dataset: changed,
        transferSyntaxUid,
        into: explicit,
        mostBytes,
      });
      assert.ok(!outcome.ok || outcome.value.length <= mostBytes, name);
    }
    // RLE does not say how large it is.
    if (name.includes('RLE')) continue;
    const ofOtherSize = dataset.slice();
    const rows = Buffer.from(ofOtherSize.buffer, ofOtherSize.byteOffset).indexOf(
      Buffer.from([0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0]),
    );
    ofOtherSize[rows + 9] = 1;
    const other = await decodeJob({
      ...{ dataset: ofOtherSize, transferSyntaxUid, into: explicit, mostBytes: 8 * 1024 * 1024 },
    });
    assert.equal(other.ok || other.fault.kind, 'decode/damaged', name);
    assert.equal((await job(join(samples, name), explicit)).ok, true, name);
  }
});
