import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRelays } from '#sync/commands/keys-relays.ts';
import { base64url } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { fuzzText } from '#test/support/fuzz.ts';

const receipt = signingKeyOf(new Uint8Array(32).fill(7)).publicKey;
const spki = new Uint8Array(32).fill(1);
const line = `relay-1,https://relay.example:8443,${base64url(spki)},${base64url(receipt)}`;

test('a line of "outpost keys init relay" is a relay, and several keep their order', () => {
  const second = line.replace('relay-1', 'relay-2');
  const relays = expectOk(parseRelays([line, second]));
  assert.deepEqual(relays[0], {
    ...{ id: 'relay-1', urls: ['https://relay.example:8443'], spki, receipt },
  });
  assert.deepEqual(
    relays.map(({ id }) => id),
    ['relay-1', 'relay-2'],
  );
});

test('one line that is wrong refuses all of them and is quoted', () => {
  const wrong: Readonly<Record<string, string>> = {
    'no HTTPS': line.replace('https', 'http'),
    'no URL': line.replace('https://relay.example:8443', 'https://'),
    'a name that is none': line.replace('relay-1', 'Relay 1'),
    'a key that is too short': line.replace(base64url(spki), base64url(spki.subarray(1))),
    'a receipt key of small order': line.replace(base64url(receipt), base64url(new Uint8Array(32))),
    'one field more': `${line},x`,
    'one field less': line.slice(0, line.lastIndexOf(',')),
    nothing: '',
  };
  for (const [what, each] of Object.entries(wrong)) {
    const parsed = parseRelays([line, each]);
    assert.ok(!parsed.ok, what);
    assert.ok(parsed.fault.message.includes(`"${each}"`), what);
  }
});

test('any line is understood or refused', () =>
  fuzzText('parseRelays', [line, ',,,', ''], (text) => {
    const parsed = parseRelays([text]);
    if (!parsed.ok) return assert.equal(parsed.fault.kind, 'keys/relay-line');
    for (const relay of parsed.value) {
      assert.ok(relay.spki.length === 32 && relay.receipt.length === 32);
      assert.ok(relay.urls.every((url) => URL.canParse(url) && url.startsWith('https://')));
    }
  }));
