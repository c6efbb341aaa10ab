import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { studyStates } from '#appliance/api/contract.ts';
import { modalityOf, personName, rateText, shown, sizeText, statusOf } from '#tui/model/shown.ts';
import { words } from '#tui/words/en.ts';
import { repositoryDir } from '../../support/source-tree.ts';

test('every state has a glyph of two characters and a word that fits its column', () => {
  for (const state of studyStates) {
    const { glyph, word } = statusOf({ state, sentPercent: 100 });
    assert.equal(glyph.length, 2);
    assert.ok(word.length <= 12, word);
  }
});

test('a percent is shown while there is one, and never rounded up to done', () => {
  assert.equal(statusOf({ state: 'sending', sentPercent: 99.9 }).word, 'SENDING  99%');
  assert.equal(statusOf({ state: 'waiting', sentPercent: 7 }).word, 'WAITING   7%');
  assert.equal(statusOf({ state: 'waiting', sentPercent: 0 }).word, 'WAITING');
  assert.equal(statusOf({ state: 'delivered', sentPercent: 100 }).word, 'DELIVERED');
});

test('a person name shows its first group, without empty components', () => {
  assert.equal(personName('TEST^ALPHA^^^'), 'TEST^ALPHA');
  assert.equal(personName('YAMADA^TAROU=\u5c71\u7530^\u592a\u90ce'), 'YAMADA^TAROU');
  assert.equal(personName('=\u5c71\u7530'), '\u5c71\u7530');
  assert.equal(personName('^^'), '-');
});

test('text from outside cannot act on the terminal', () => {
  assert.equal(shown('a\u001b[2Jb\u009b1mc\u202ed\ne'), 'a?[2Jb?1mc?d?e');
});

test('the type is the first modality that makes images', () => {
  assert.equal(modalityOf({ modality: 'SR\\CT\\PR' }), 'CT');
  assert.equal(modalityOf({ modality: 'SR' }), 'SR');
  assert.equal(modalityOf({ modality: 'RTSTRUCT' }), 'RTST');
  assert.equal(modalityOf({ modality: '' }), '-');
});

test('sizes and rates are rounded for people', () => {
  assert.deepEqual([0, 400, 16_400_000, 1_234_000_000].map(sizeText), [
    '0 kB',
    '1 kB',
    '16 MB',
    '1.2 GB',
  ]);
  assert.deepEqual([0, 12_000, 300_000].map(rateText), ['', '96 kbit/s', '2.4 Mbit/s']);
});

test('the words for every code leave room for a key on the alert line', () => {
  for (const [code, { sentence, short = '' }] of Object.entries(words.codes)) {
    assert.ok(sentence.length <= 50, `${code}: ${sentence.length}`);
    assert.ok(short.length <= 24, `${code}: ${short.length}`);
  }
});

test('every alert of the box and every reason to help a study has words of the screen', () => {
  const sources = ['alerts', 'progress'].map((name) =>
    readFileSync(join(repositoryDir, `appliance/intake/${name}.ts`), 'utf8'),
  );
  const codes = sources.flatMap((text) =>
    [...text.matchAll(/'([A-Z]+(?:-[A-Z]+)*)'/g)].map(([, code = '']) => code),
  );
  assert.ok(codes.length > 15);
  assert.deepEqual(
    codes.filter((code) => !Object.hasOwn(words.codes, code)),
    [],
  );
});
