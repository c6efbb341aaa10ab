import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseAnswers } from '#provisioning/plan/answers.ts';
import { repositoryDir } from './support/source-tree.ts';

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'],
  ...readdirSync(join(repositoryDir, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: read(path) }));

test('every link of a document leads to a file, and to a heading of it', () => {
  for (const { path, text } of pages) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = '', heading] = target.split('#');
      const found = join(dirname(path), file);
      assert.ok(existsSync(join(repositoryDir, found)), `${path}: ${target}`);
      if (heading) assert.ok(headingsOf(read(found)).includes(heading), `${path}: ${target}`);
    }
  }
});

test('every path in the code font is there', () => {
  const named = /`((?:appliance|sync|tui|provisioning|test|docs)\/[\w./*-]*|[A-Z]+\.md)`/g;
  for (const { path, text } of pages) {
    for (const [, target = ''] of text.matchAll(named)) {
      // A star stands for a part of a name.
      const place = target.includes('*') ? dirname(target) : target;
      const isThere = ['', dirname(path), ...homes].some((home) =>
        existsSync(join(repositoryDir, home, place)),
      );
      assert.ok(isThere, `${path}: ${target}`);
    }
  }
});

test('every npm script and every command of outpost that a document names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const command = read('provisioning/outpost.ts');
  for (const { path, text } of pages) {
    for (const [, name = ''] of text.matchAll(/npm run ([a-z:]+)/g)) {
      assert.ok(scripts[name], `${path}: npm run ${name}`);
    }
    for (const [, name = ''] of text.matchAll(/`outpost ([a-z][a-z-]*)/g)) {
      assert.match(command, new RegExp(`name: '${name}'`), `${path}: outpost ${name}`);
    }
  }
});

test('setup takes every answer that its page shows', () => {
  const setup = read('docs/setup.md');
  const examples = [...setup.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
    json.replaceAll('CODE', '0123456789abcdef'),
  );
  const [box, ...more] = examples;
  assert.ok(box && more.length >= 5);
  for (const json of more) {
    const isWhole = json.startsWith('{');
    const whole = isWhole
      ? json
      : JSON.stringify({ ...JSON.parse(box), ...JSON.parse(`{${json}}`) });
    const parsed = parseAnswers(whole);
    assert.ok(parsed.ok, parsed.ok ? '' : `${parsed.fault.message} in ${json}`);
  }
  assert.ok(parseAnswers(box).ok);
});

test('the picture of the screen in the README is the screen of a test', () => {
  assert.ok(read('README.md').includes(read('test/fixtures/screens/list.txt')));
});

/** Where `FORMAT.md` and the like lie, beside the code that is named with them. */
const homes = [
  'sync',
  'sync/seal',
  'sync/coding',
  'appliance',
  'appliance/store',
  'test/fixtures/seal',
];

function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

function read(path: string): string {
  return readFileSync(join(repositoryDir, path), 'utf8');
}
