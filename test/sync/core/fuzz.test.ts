import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { base64url, fromBase64url, fromHex, hex, utf8, utf8Text } from '#sync/core/bytes.ts';
import { canonicalJson, parseCanonicalJson } from '#sync/core/canonical-json.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { parseConfig } from '#sync/core/config.ts';
import { parseFailpoint } from '#sync/core/failpoint.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { fuzzBytes, fuzzJson, fuzzText } from '#test/support/fuzz.ts';

const document = '{"a":[1,2.5,"é😀",null,true,{"b":{}}],"c":"\\u0007"}';

test('bytes that are text are that text again, and others are none', () =>
  fuzzBytes('utf8Text', [utf8('Grüße\0 \ufeff😀'), Uint8Array.of(0xc0, 0xaf)], (bytes) => {
    const text = utf8Text(bytes);
    if (text !== undefined) assert.deepEqual(utf8(text), Uint8Array.from(bytes));
  }));

test('hex and base64url have one spelling', () =>
  fuzzText('fromHex, fromBase64url', ['00ff10', 'AAECAw', 'A-_', '=='], (text) => {
    const [fromSixteen, fromSixtyFour] = [fromHex(text), fromBase64url(text)];
    if (fromSixteen) assert.equal(hex(fromSixteen), text);
    if (fromSixtyFour) assert.equal(base64url(fromSixtyFour), text);
  }));

test('what passes as canonical JSON is written back to the same bytes', () =>
  fuzzBytes('parseCanonicalJson', [utf8(document), utf8('[[[[1]]]]'), utf8('"x"')], (bytes) => {
    const parsed = parseCanonicalJson(bytes);
    if (parsed.ok) assert.deepEqual(utf8(canonicalJson(parsed.value)), Uint8Array.from(bytes));
    assert.ok(parsed.ok || parsed.fault.next);
  }));

test('any JSON value that is written canonically is read back', () =>
  fuzzJson('canonicalJson', [JSON.parse(document)], (value) => {
    const text = JSON.stringify(value);
    if (/\\ud[89a-f]/.test(text)) return;
    const parsed = parseCanonicalJson(canonicalJson(JSON.parse(text)), { maxDepth: 64 });
    assert.ok(parsed.ok);
  }));

test('nesting is counted before it is followed, and a flood of values is refused', () => {
  for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(500_000), `"${'['.repeat(1e6)}`]) {
    assert.equal(parseCanonicalJson(text).ok, false);
  }
  const strings = parseCanonicalJson(`["${'[{'.repeat(1_000)}"]`);
  assert.ok(strings.ok, 'brackets in a string are text');
});

test('a config is parsed or its faults are told', async () => {
  const schema = z.strictObject({
    format: z.literal(1),
    path: z.string(),
    ports: z.array(z.int()),
  });
  const good = { format: 1, path: '/x', ports: [1, 2] };
  const check = (text: string): void => {
    const parsed = parseConfig('test', schema, text);
    assert.ok(parsed.ok || parsed.fault.message.startsWith('Cannot'));
  };
  await fuzzJson('parseConfig value', [good], (value) => check(JSON.stringify(value) ?? ''));
  await fuzzText('parseConfig text', [JSON.stringify(good)], check);
});

test('an option or a failpoint is one of the table or refused', () =>
  fuzzText('parseCommandLine, parseFailpoint', ['--config=/x', 'segment/synced:3'], (text) => {
    const line = parseCommandLine('test', {
      args: [text],
      options: { config: { type: 'string' } },
    });
    assert.ok(line.ok || line.fault.next);
    const failpoint = parseFailpoint(text);
    if (failpoint) assert.equal(`${failpoint.name}:${failpoint.count}`, text);
  }));

test('sanitised text is one bounded line without a character that acts', () =>
  fuzzText('sanitize', ['TEST^ALPHA', 'x'.repeat(250), '😀'.repeat(120)], (text) => {
    for (const maxLength of [0, 2, 4, 64, 200]) {
      const shown = sanitize(text, maxLength);
      assert.ok(shown.length <= maxLength, `${shown.length} of ${maxLength}`);
      assert.ok(shown.isWellFormed());
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }
  }));
