import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf } from '#tui/terminal.ts';

test('a modern terminal has colour, UTF-8 and lines', () => {
  assert.deepEqual(of({ TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' }), {
    canHoldScreen: true,
    hasColor: true,
    isUtf8: true,
    hasLines: true,
  });
});

test('the Linux console gets ASCII lines, and colour', () => {
  const looks = of({ TERM: 'linux', LANG: 'C.utf8' });
  assert.equal(looks.hasLines, false);
  assert.equal(looks.hasColor, true);
});

test('a locale without UTF-8 gets ASCII; LC_ALL decides over LANG', () => {
  assert.equal(of({ TERM: 'xterm', LANG: 'C' }).isUtf8, false);
  assert.equal(of({ TERM: 'xterm', LANG: 'en_GB.UTF-8', LC_ALL: 'C' }).isUtf8, false);
  assert.equal(of({ TERM: 'xterm' }).isUtf8, false);
});

test('NO_COLOR takes the colours when it is set to anything', () => {
  assert.equal(of({ TERM: 'xterm', NO_COLOR: '1' }).hasColor, false);
  assert.equal(of({ TERM: 'xterm', NO_COLOR: '' }).hasColor, true);
});

test('a dumb terminal, a pipe, or no input cannot hold the screen', () => {
  assert.equal(of({ TERM: 'dumb' }).canHoldScreen, false);
  assert.equal(of({}).canHoldScreen, false);
  assert.equal(of({ TERM: 'xterm' }, { isOutputTty: false }).canHoldScreen, false);
  assert.equal(of({ TERM: 'xterm' }, { isInputTty: false }).canHoldScreen, false);
});

function of(env: Record<string, string>, ttys = {}) {
  return capabilitiesOf({ env, isInputTty: true, isOutputTty: true, ...ttys });
}
