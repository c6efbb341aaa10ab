import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryDir } from '../support/source-tree.ts';

test('--help names every command, and each command explains itself', () => {
  const help = run('--help');
  assert.equal(help.status, 0);
  const names = [...help.stdout.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map((match) => match[1] ?? '');
  assert.deepEqual(names, [
    'appliance',
    'agent',
    'relay',
    'center',
    'tui',
    'orders',
    'identity',
    'outside',
    'import',
    'study',
    'modality',
    'status',
    'resend',
    'keys',
    'pair',
    'estimate',
    'courier',
    'export',
    'verify',
    'rebuild-index',
    'take-over',
  ]);
  for (const name of names) {
    const own = run(name, '--help');
    assert.equal(own.status, 0, `${name}: ${own.stderr}`);
    assert.match(own.stdout, new RegExp(`outpost ${name}`));
  }
  for (const name of ['relay', 'pair', 'verify']) {
    const wrong = run(name, '--no-such-option');
    assert.equal(wrong.status, 64, `${name}: ${wrong.stderr}`);
    assert.equal(wrong.stdout, '');
  }
});

test('an unknown command and none at all end with 64', () => {
  const unknown = run('nonsense');
  assert.equal(unknown.status, 64);
  assert.match(unknown.stderr, /Cannot run "nonsense"/);
  assert.equal(run().status, 64);
});

test('--version is the version of the package', () => {
  assert.match(run('--version').stdout, /^outpost \d+\.\d+\.\d+\n$/);
});

test('a config that is missing, no JSON or has unknown keys ends with 78 and says what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-config-'));
  try {
    const path = join(folder, 'relay.json');
    const missing = run('relay', '--config', path);
    assert.equal(missing.status, 78);
    assert.match(missing.stderr, /Cannot read the config of relay/);
    writeFileSync(path, '{');
    assert.match(run('relay', '--config', path).stderr, /it is not JSON/);
    writeFileSync(path, '{"format": 1, "prot": 8443}');
    const faulty = run('relay', '--config', path);
    assert.equal(faulty.status, 78);
    for (const key of ['dataDir', 'port', 'roots', 'prot']) {
      assert.ok(faulty.stderr.includes(key), `${key} is named in: ${faulty.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('status says when nothing answers', () => {
  const asked = run('status', '--socket', '/nonexistent/appliance.sock');
  assert.equal(asked.status, 69);
  assert.match(asked.stderr, /Start it, or name its socket/);
});

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(repositoryDir, 'provisioning/outpost.ts'), ...args], {
    encoding: 'utf8',
  });
}
