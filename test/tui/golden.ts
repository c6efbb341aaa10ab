import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { renderToString } from 'ink';
import type { State } from '#tui/model/state.ts';
import { textWidth } from '#tui/model/text-width.ts';
import { screen } from '#tui/screens/screen.ts';

/** The lines of the screen of `state`, without what fills them up on the right. */
export function screenLines(state: State): readonly string[] {
  const text = renderToString(screen(state), { columns: state.size.columns });
  return text.split('\n').map((line) => line.trimEnd());
}

/**
 * Compares the screen of `state` with `test/fixtures/screens/NAME.txt`, and holds what is true of every screen. Run
 * with `UPDATE_SCREENS=1` to write the file anew, then read the difference.
 */
export function assertScreen(name: string, state: State): void {
  const lines = screenLines(state);
  assert.equal(lines.length, state.size.rows - 1);
  for (const line of lines) {
    assert.match(line, /^[\x20-\x7e]*$/);
    assert.ok(textWidth(line) <= state.size.columns, `${textWidth(line)} columns: ${line}`);
  }
  const path = fileURLToPath(new URL(`../fixtures/screens/${name}.txt`, import.meta.url));
  const text = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_SCREENS'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  assert.equal(text, existsSync(path) ? readFileSync(path, 'utf8') : 'no golden screen yet');
}
