import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chooseTransferSyntax,
  isRefusedTransferSyntax,
  transferSyntaxes,
} from '#sync/dicom/transfer-syntaxes.ts';
import { parseUid } from '#sync/dicom/uid.ts';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const bigEndian = '1.2.840.10008.1.2.2';
const jpeg = '1.2.840.10008.1.2.4.50';
const jpegLossless = '1.2.840.10008.1.2.4.70';
const jpeg2000Lossless = '1.2.840.10008.1.2.4.90';
const jpeg2000 = '1.2.840.10008.1.2.4.91';
const jpip = '1.2.840.10008.1.2.4.94';

const choices: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['explicit before implicit', [implicit, explicit], explicit],
  ['implicit before big endian', [bigEndian, implicit], implicit],
  ['lossless before native', [explicit, jpegLossless], jpegLossless],
  ['the first lossless offered', [jpeg2000Lossless, jpegLossless], jpeg2000Lossless],
  ['native before what may lose', [jpeg, jpeg2000, bigEndian], bigEndian],
  ['what may lose as the sole offer', [jpeg], jpeg],
  ['a private syntax as the sole offer', ['1.2.3.4'], '1.2.3.4'],
  ['native before a private syntax', ['1.2.3.4', implicit], implicit],
  ['never a refused one', [jpip, explicit], explicit],
  ['nothing when only refused ones are offered', [jpip], undefined],
  ['nothing when nothing is offered', [], undefined],
];

for (const [name, offered, chosen] of choices) {
  test(`the choice is ${name}`, () => assert.equal(chooseTransferSyntax(offered), chosen));
}

test('JPIP, live video and MIME or XML encodings are refused', () => {
  const tails = ['4.94', '4.95', '4.204', '4.205', '6.1', '6.2', '7.1', '7.2', '7.3'];
  for (const tail of tails) assert.ok(isRefusedTransferSyntax(`1.2.840.10008.1.2.${tail}`));
});

test('no accepted syntax is refused, and all are UIDs', () => {
  for (const syntax of transferSyntaxes.keys()) {
    assert.ok(!isRefusedTransferSyntax(syntax));
    assert.equal(parseUid(syntax), syntax);
  }
});

test('the choice is always one of the offers, and lossy only if all are', () => {
  const offers = fc.subarray([...transferSyntaxes.keys(), jpip, '1.2.3.4']).chain(shuffled);
  fc.assert(
    fc.property(offers, (offered) => {
      const chosen = chooseTransferSyntax(offered);
      if (chosen === undefined) return assert.ok(offered.every(isRefusedTransferSyntax));
      assert.ok(offered.includes(chosen) && !isRefusedTransferSyntax(chosen));
      if (!keeps(chosen)) assert.ok(!offered.some(keeps));
    }),
  );
});

function keeps(syntax: string): boolean {
  const fidelity = transferSyntaxes.get(syntax)?.fidelity;
  return fidelity === 'native' || fidelity === 'lossless';
}

function shuffled(list: readonly string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}
