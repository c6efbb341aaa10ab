import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transcript } from './transcript.ts';

const binary = fileURLToPath(
  new URL(
    `../../../node_modules/@deno/${process.platform}-${process.arch}-glibc/deno`,
    import.meta.url,
  ),
);
const main = fileURLToPath(new URL('transcript-main.ts', import.meta.url));

test('Node and Deno seal, open and refuse alike, from one seed', async (t) => {
  if ('Deno' in globalThis) return t.skip('the comparison is started from Node');
  if (!existsSync(binary)) return t.skip(`there is no Deno for this machine: ${binary}`);
  const seed = process.env['OUTPOST_TRANSCRIPT_SEED'] ?? randomUUID();
  t.diagnostic(`seed ${seed}; again with OUTPOST_TRANSCRIPT_SEED=${seed}`);
  const args = ['run', '-A', '--no-check', '--quiet', main, seed];
  const { stdout } = await promisify(execFile)(binary, args);
  const lines = transcript(seed);
  assert.ok(lines.length > 20 && lines.some((line) => line.includes('opened {')));
  assert.deepEqual(stdout.split('\n'), lines, `seed ${seed}`);
});
