import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Terminal } from '@xterm/headless';
import type { Effect } from '#tui/model/event.ts';
import { openScreen } from '../../support/screen.ts';
import { screenLines } from '../golden.ts';
import { list, pressed, stateWith, studies, study, today } from '../samples.ts';

/** The package is CommonJS without names that an import could see. */
const headless: typeof import('@xterm/headless') = createRequire(import.meta.url)(
  '@xterm/headless',
);

test('the keys of a real terminal move, open, find and leave', async () => {
  const effects: Effect[] = [];
  const screen = openScreen(stateWith(), (effect) => effects.push(effect));
  await screen.drawn();
  await screen.press('down', 'j', 'up');
  assert.equal(screen.store.state().cursor, studies[1]?.studyInstanceUid);
  await screen.press('enter');
  assert.equal(screen.store.state().place.name, 'study');
  await screen.press('esc', '/', 'g', 'o', 'l', 'x', 'backspace', 'enter');
  assert.deepEqual(screen.store.state().find, { text: 'gol', isTyping: false });
  await screen.press('q');
  assert.deepEqual(
    effects.map(({ type }) => type),
    ['load', 'quit'],
  );
  await screen.close();
});

test('keys that a slow line delivers together all count; a paste does not', async () => {
  const screen = openScreen(stateWith());
  await screen.press('jjj');
  assert.equal(screen.store.state().cursor, studies[3]?.studyInstanceUid);
  await screen.press('jjjjjjjjjjjjjjjjjjjjjjjjjq');
  assert.equal(screen.store.state().cursor, studies[3]?.studyInstanceUid);
  await screen.close();
});

test('a key press writes little: it may travel over a phone link', async () => {
  const screen = openScreen(stateWith());
  await screen.drawn();
  screen.stdout.take();
  await screen.press('down');
  const bytes = Buffer.byteLength(screen.stdout.take());
  assert.ok(bytes > 0 && bytes < 600, `${bytes} bytes`);
  await screen.close();
});

test('what stands on an 80x24 terminal is the screen, and the shell comes back after it', async () => {
  const terminal = openTerminal();
  const screen = openScreen(stateWith());
  const show = async (): Promise<readonly string[]> => {
    await new Promise<void>((resolve) => terminal.write(screen.stdout.take(), resolve));
    return linesOf(terminal);
  };
  await new Promise<void>((resolve) => terminal.write('$ outpost tui\r\n', resolve));
  await screen.drawn();
  assert.deepEqual(await show(), [...screenLines(screen.store.state()), '']);
  assert.equal(terminal.buffer.active.type, 'alternate');

  await screen.press('end', 'pageup', 'n', '?');
  assert.deepEqual(await show(), [...screenLines(screen.store.state()), '']);

  await screen.press('esc');
  const later = [
    study(99, { state: 'needs help', help: { code: 'X', message: 'm', next: 'n' } }),
    ...studies,
  ];
  await screen.send({ type: 'studies', list: list(later, 2) });
  assert.deepEqual(await show(), [...screenLines(screen.store.state()), '']);

  await screen.close();
  assert.equal((await show())[0], '$ outpost tui');
  assert.equal(terminal.buffer.active.type, 'normal');
});

test('a terminal that changes its size shows the whole screen again, and leaves no name behind', async () => {
  const terminal = openTerminal();
  const screen = openScreen(stateWith());
  const show = async (): Promise<readonly string[]> => {
    await new Promise<void>((resolve) => terminal.write(screen.stdout.take(), resolve));
    return linesOf(terminal);
  };
  await screen.drawn();
  const sizes = [
    [100, 30],
    [60, 10],
    [80, 24],
  ] as const;
  for (const [columns, rows] of sizes) {
    await show();
    terminal.resize(columns, rows);
    await screen.resize(columns, rows);
    assert.deepEqual(await show(), [...screenLines(screen.store.state()), '']);
  }
  await screen.close();
  assert.deepEqual((await show()).join(''), '');
});

test('an answer of the box is drawn without a key', async () => {
  const screen = openScreen(stateWith([study(1, { state: 'waiting', stateAt: null })]));
  await screen.drawn();
  screen.stdout.take();
  const done = study(1, { state: 'delivered', stateAt: today('18:50') });
  await screen.send({ type: 'studies', list: list([done], 2) });
  assert.match(screen.stdout.take(), /DELIVERED/);
  await screen.close();
});

test('names hide after idle time that the keys measure', async () => {
  const screen = openScreen(stateWith());
  screen.passTime(60_000);
  await screen.press('down');
  assert.equal(screen.store.state().lastKeyMs, 60_000);
  await screen.send(...pressed('n'));
  assert.equal(screen.store.state().areNamesHidden, true);
  await screen.close();
});

/** The terminal turns LF into CR LF as the tty driver does. */
function openTerminal(): Terminal {
  return new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true, convertEol: true });
}

function linesOf(terminal: Terminal): readonly string[] {
  const { active } = terminal.buffer;
  return Array.from(
    { length: terminal.rows },
    (_, index) =>
      active
        .getLine(active.baseY + index)
        ?.translateToString(true)
        .trimEnd() ?? '',
  );
}
