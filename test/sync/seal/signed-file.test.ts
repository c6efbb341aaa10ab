import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64url, utf8 } from '#sync/core/bytes.ts';
import { canonicalJson, type Json } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { sign, signingKeyOf } from '#sync/seal/signature.ts';
import { openSignedFile, signFile } from '#sync/seal/signed-file.ts';

const key = signingKeyOf(new Uint8Array(32).fill(1));
const other = signingKeyOf(new Uint8Array(32).fill(2));
const value = { b: [1, 'two'], a: null };
const text = signFile(key, 'a/label', value);
const trusted = () => key.publicKey;

const kindOf = (input: string | Uint8Array, label = 'a/label', keyOf = trusted): string => {
  const result = openSignedFile(input, label, keyOf);
  return result.ok ? 'ok' : result.fault.kind;
};

const signedText = (signed: string): string =>
  JSON.stringify({ signed, signature: base64url(sign(key, 'a/label', sha256(utf8(signed)))) });

test('a signed file holds canonical text and opens to its value, as text and as bytes', () => {
  assert.equal(JSON.parse(text).signed, canonicalJson(value));
  assert.deepEqual(expectOk(openSignedFile(text, 'a/label', trusted)), value);
  assert.deepEqual(expectOk(openSignedFile(utf8(text), 'a/label', trusted)), value);
});

test('the signer may be one of several', () => {
  const keys = [other.publicKey, key.publicKey];
  assert.deepEqual(expectOk(openSignedFile(text, 'a/label', keys)), value);
});

test('a file under another label, by another key, or by nobody is not trusted', () => {
  assert.equal(kindOf(text, 'b/label'), 'seal/file-untrusted');
  assert.equal(
    kindOf(text, 'a/label', () => other.publicKey),
    'seal/file-untrusted',
  );
  const nobody = openSignedFile(text, 'a/label', () => undefined);
  assert.equal(nobody.ok, false);
  assert.equal(openSignedFile(text, 'a/label', []).ok, false);
});

test('no changed character of the signed text or the signature goes unnoticed', () => {
  const { signed, signature } = JSON.parse(text);
  for (let at = 0; at < signed.length; at++) {
    const changed = `${signed.slice(0, at)}!${signed.slice(at + 1)}`;
    assert.notEqual(kindOf(JSON.stringify({ signed: changed, signature })), 'ok');
  }
  for (let at = 0; at < signature.length; at++) {
    const letter = signature[at] === 'A' ? 'B' : 'A';
    const changed = `${signature.slice(0, at)}${letter}${signature.slice(at + 1)}`;
    assert.notEqual(kindOf(JSON.stringify({ signed, signature: changed })), 'ok');
  }
});

test('a signed text that is not canonical is refused, signed or not', () => {
  for (const signed of ['{"b":1,"a":1}', '{ "a":1}', '{"a":1,"a":1}', 'text', '']) {
    assert.equal(kindOf(signedText(signed)), 'seal/file-damaged', signed);
  }
  assert.equal(kindOf(signedText('{"a":1}')), 'ok');
});

test('what is no signed file is refused without an exception', () => {
  const good = JSON.parse(text);
  const bad: readonly (Json | undefined)[] = [
    null,
    [],
    'text',
    1,
    {},
    { signed: good.signed },
    { signature: good.signature },
    { ...good, extra: 1 },
    { signed: 1, signature: good.signature },
    { signed: good.signed, signature: `${good.signature}=` },
  ];
  for (const file of bad) assert.equal(kindOf(JSON.stringify(file)), 'seal/file-damaged');
  assert.equal(kindOf(''), 'seal/file-damaged');
  assert.equal(kindOf(Uint8Array.of(0xff, 0xfe)), 'seal/file-damaged');
  assert.equal(kindOf('['.repeat(100_000)), 'seal/file-damaged');
  assert.equal(kindOf(new Uint8Array(8 * 1024 * 1024 + 1)), 'seal/file-damaged');
});

test('a text that no known key signed is refused before it is parsed', () => {
  const stranger = signFile(other, 'a/label', value).replace('{\\"', '{ \\"');
  const kind = (keys: Parameters<typeof openSignedFile>[2]): string => {
    const opened = openSignedFile(stranger, 'a/label', keys);
    return opened.ok ? 'ok' : opened.fault.kind;
  };
  assert.equal(kind([key.publicKey]), 'seal/file-untrusted');
  assert.equal(kind(trusted), 'seal/file-damaged', 'where the text itself names the key');
});
