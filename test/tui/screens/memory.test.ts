import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { list, stateWith, study, usualSize } from '../samples.ts';

test('thousands of updates leave no memory behind', async () => {
  process.env['NODE_ENV'] = 'production';
  const { openScreen } = await import('../../support/screen.ts');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const screen = openScreen({ ...stateWith(), size: usualSize });
  const rows = Array.from({ length: 60 }, (_, serial) => study(serial, { state: 'sending' }));
  const draw = async (from: number, count: number): Promise<number> => {
    for (let turn = from; turn < from + count; turn++) {
      const changed = rows.map((row) => ({ ...row, sentPercent: turn % 100 }));
      await screen.send({ type: 'studies', list: list(changed, turn) });
      screen.stdout.take();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await draw(2, 60);
  const grown = (await draw(62, 240)) - before;
  assert.ok(grown < 1_000_000, `${grown} bytes`);
  await screen.close();
});
