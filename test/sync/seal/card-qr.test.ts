import assert from 'node:assert/strict';
import { test } from 'node:test';
import decoder from 'jsqr';
import { expectOk } from '#sync/core/result.ts';
import { cardQrText, parseCard } from '#sync/seal/card.ts';
import { cardQrForTerminal, cardQrModules, cardQrSvg } from '#sync/seal/card-qr.ts';
import { cardOf, centerOf } from './parties.ts';
import { shake } from './shake-random.ts';

const cards = ['one', 'two', 'three', 'four', 'five'].map(
  (seed) => cardOf(centerOf(seed), seed === 'two' ? 'replace' : 'enrol', seed).bytes,
);

test('another decoder reads the card from its QR code', () => {
  for (const card of [...cards, shake('any 40 bytes', 40)]) {
    const text = read(cardQrModules(card));
    assert.equal(text, cardQrText(card));
  }
});

test('what a scanner gives is a card', () => {
  for (const card of cards) {
    const scanned = read(cardQrModules(card)) ?? '';
    assert.deepEqual(expectOk(parseCard(scanned)).bytes, card);
  }
});

test('a QR code with a dirty spot is read all the same', () => {
  const [card = new Uint8Array(40)] = cards;
  const dirty = cardQrModules(card).map((row) => [...row]);
  for (let y = 20; y < 23; y++) for (let x = 20; x < 24; x++) (dirty[y] ?? [])[x] = true;
  assert.equal(read(dirty), cardQrText(card));
});

test('the terminal shows the same modules, in a window of 80 x 24', () => {
  for (const card of cards) {
    const lines = cardQrForTerminal(card).trimEnd().split('\n');
    assert.ok(lines.length <= 22, `${lines.length} lines`);
    const rows = lines.flatMap((line) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is looked for
      const [, shown = ''] = /^\u001b\[30;47m(.*)\u001b\[0m$/.exec(line) ?? [];
      assert.ok(shown.length <= 80);
      return [
        [...shown].map((character) => '\u2588\u2580'.includes(character)),
        [...shown].map((character) => '\u2588\u2584'.includes(character)),
      ];
    });
    assert.equal(read(rows.slice(0, rows[0]?.length)), cardQrText(card));
  }
});

test('the picture shows the same modules and holds nothing else', () => {
  for (const card of cards) {
    const svg = cardQrSvg(card);
    const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
    const rows = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
    for (const [, x, y] of svg.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
      (rows[Number(y)] ?? [])[Number(x)] = true;
    }
    assert.equal(read(rows), cardQrText(card));
    assert.doesNotMatch(svg, /script|href|<text|<!/);
  }
});

/** What the decoder of another author reads, from a picture with eight pixels a module. */
function read(modules: readonly (readonly boolean[])[]): string | undefined {
  const scale = 8;
  const size = modules.length * scale;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!modules[Math.floor(y / scale)]?.[Math.floor(x / scale)]) continue;
      pixels.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3);
    }
  }
  return decoder.default(pixels, size, size)?.data;
}
