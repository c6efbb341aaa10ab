import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { programSources, repositoryDir, type Source, testSources } from './support/source-tree.ts';

/** First match wins; the floors of ARCHITECTURE.md. */
const floors: readonly (readonly [RegExp, number])[] = [
  [/^provisioning\/outpost\.ts$/, 7],
  [/(^|\/)([a-z-]+-)?main\.ts$/, 6],
  [/^tui\/start\.ts$/, 6],
  [/^[a-z]+\/adapters\//, 5],
  [/^(appliance|sync)\/(wiring|commands)\//, 6],
  [/^(appliance\/api\/([a-z]+-)?|sync\/relay\/|sync\/center\/)app\.ts$/, 5],
  [/^tui\/(screens|parts|client|terminal)(\/|\.ts|-)/, 5],
  [/^provisioning\/(steps|facts|verify)/, 5],
  [/\/config\.ts$/, 2],
  [/^appliance\/config-[a-z]+\.ts$/, 2],
  [/\/ports(-[a-z]+)?\.ts$/, 3],
  [/^sync\/core\//, 0],
  [/^sync\/(seal|dicom|dimse|coding)\//, 1],
  [/^appliance\/store\//, 1],
  [/^sync\/(wire|letters)\//, 2],
  [/^appliance\/api\/contract(-[a-z]+)?\.ts$/, 2],
  [/^appliance\/(intake|callers|query|orders|commitment|media|housekeeping|outbound)\//, 4],
  [/^sync\/(agent|relay|center)\//, 4],
  [/^tui\/words\//, 3],
  [/^tui\/model\//, 4],
  [/^provisioning\//, 4],
];

/** What each top-level folder may import from the others. */
const across: Readonly<Record<string, RegExp>> = {
  sync: /^never$/,
  appliance: /^sync\//,
  tui: /^(appliance\/api\/contract(-[a-z]+)?\.ts|sync\/core\/)/,
  provisioning:
    /^(([a-z]+\/)+config\.ts|appliance\/api\/contract(-[a-z]+)?\.ts|appliance\/store\/facts\.ts|sync\/(core|seal)\/)/,
};

const inputOutput =
  /^node:(fs|fs\/promises|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|os|readline|timers|timers\/promises|process)$/;

const sources = programSources();

/** The formats that others could read and write; each is beside its code. */
const formats = ['sync/seal', 'sync/coding', 'appliance/store'].map((path) => `${path}/FORMAT.md`);

test('every source stands on a floor', () => {
  assert.deepEqual(
    sources.filter((source) => floorOf(source.path) === undefined).map((source) => source.path),
    [],
  );
});

test('a file imports its own folder or a lower floor, never sideways and never up', () => {
  assert.deepEqual(violations(isUpOrSideways), []);
});

test('top-level folders import each other only where the architecture says so', () => {
  assert.deepEqual(
    violations((source, target) => {
      const [from, to] = [topOf(source.path), topOf(target)];
      if (from === to || source.path === 'provisioning/outpost.ts') return false;
      return !(across[from] ?? /^never$/).test(target);
    }),
    [],
  );
});

test('imports across top-level folders use the # names', () => {
  const crossing = /from '(?:\.\.\/)+(appliance|sync|tui|provisioning)\//;
  assert.deepEqual(
    pathsWhere((source) => crossing.test(source.text)),
    [],
  );
});

test('there are no import cycles', () => {
  assert.equal(findCycle(), undefined);
});

test('the network zone never imports what knows a patient', () => {
  const network =
    /^sync\/(agent|relay|wire)\/|^sync\/(agent|relay)-main\.ts|^sync\/adapters\/spool-/;
  assert.deepEqual(
    sources
      .filter((source) => network.test(source.path))
      .flatMap((source) => reachedFrom(source).map((target) => `${source.path} reaches ${target}`))
      .filter((line) => / reaches sync\/(dicom|coding|letters|dimse)\//.test(line)),
    [],
  );
});

test('below floor 5 there is no input or output, no clock and no chance', () => {
  const hidden =
    /\b(Date\.now|Math\.random|setTimeout|setInterval|setImmediate|process\.env)\b|new Date\(\)/;
  assert.deepEqual(
    pathsWhere((source) => {
      if ((floorOf(source.path) ?? 9) >= 5) return false;
      return source.imports.some((name) => inputOutput.test(name)) || hidden.test(source.text);
    }),
    [],
  );
});

test('tweetnacl is imported in sync/seal only', () => {
  assert.deepEqual(
    pathsWhere((s) => s.imports.includes('tweetnacl') && !s.path.startsWith('sync/seal/')),
    [],
  );
});

test('only the outpost command imports a program by name', () => {
  assert.deepEqual(
    violations((source, target) => (floorOf(target) ?? 0) >= 6 && !mayNameMain(source, target)),
    [],
  );
});

test('the words of the house are used, in code and in documents', () => {
  const banned = /chunk|parcel|ingest|decryptor|outbox/i;
  const documents = [
    ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'],
    ...readdirSync(join(repositoryDir, 'docs/decisions')).map((name) => `docs/decisions/${name}`),
    ...formats,
  ].map((path) => ({
    path,
    text: readFileSync(join(repositoryDir, path), 'utf8'),
  }));
  assert.deepEqual(
    [...sources, ...documents].filter(({ text }) => banned.test(text)).map(({ path }) => path),
    [],
  );
});

test('no file is longer than 400 lines', () => {
  assert.deepEqual(
    pathsWhere(({ text }) => text.split('\n').length > 401),
    [],
  );
});

test('the code map of ARCHITECTURE.md has a header of two lines for every folder of sources', () => {
  const text = readFileSync(join(repositoryDir, 'ARCHITECTURE.md'), 'utf8');
  const header = /^- `([a-z/]+)\/`: \S.*\n {2}\S.*$/gm;
  const mapped = [...text.matchAll(header)].map(([, folder]) => folder);
  const folders = new Set(sources.map((source) => dirname(source.path)));
  assert.deepEqual(mapped.filter((folder) => folder !== 'test').sort(), [...folders].sort());
});

test('what is exported is imported somewhere', () => {
  const names = new Set(
    [...sources, ...testSources()].flatMap(({ text }) => [...importedNames(text)]),
  );
  // The command names a program's `main`, a worker lane the `createWork` of a module that it is given.
  for (const name of ['main', 'createWork']) names.add(name);
  const exported = /^export (?:async )?(?:const|function\*?|class) (\w+)/gm;
  assert.deepEqual(
    sources.flatMap(({ path, text }) =>
      [...text.matchAll(exported)]
        .filter(([, name = '']) => !names.has(name))
        .map(([, name]) => `${path} exports ${name}`),
    ),
    [],
  );
});

test('the top level holds what was agreed and nothing else', () => {
  const agreed =
    /^(\..*|package\.json|package-lock\.json|tsconfig\.json|appliance|sync|tui|provisioning|test|README\.md|ARCHITECTURE\.md|CHANGELOG\.md|LICENSE|docs|node_modules)$/;
  assert.deepEqual(
    readdirSync(repositoryDir).filter((name) => !agreed.test(name)),
    [],
  );
});

test('every import of an own file names a file that exists', () => {
  assert.deepEqual(
    violations((_source, target) => !existsSync(join(repositoryDir, target))),
    [],
  );
});

function importedNames(text: string): readonly string[] {
  return [...text.matchAll(/\{([^{}]*)\}\s*(?:from|=\s*await import)\b/g)].flatMap(
    ([, list = '']) =>
      list.split(',').map((part) => /^(?:type )?(\w+)/.exec(part.trim())?.[1] ?? ''),
  );
}

function floorOf(path: string): number | undefined {
  return floors.find(([pattern]) => pattern.test(path))?.[1];
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function ownImports(source: Source): readonly string[] {
  return source.imports.filter((name) => /^(appliance|sync|tui|provisioning|test)\//.test(name));
}

function violations(isWrong: (source: Source, target: string) => boolean): readonly string[] {
  return sources.flatMap((source) =>
    ownImports(source)
      .filter((target) => isWrong(source, target))
      .map((target) => `${source.path} imports ${target}`),
  );
}

function pathsWhere(isWrong: (source: Source) => boolean): readonly string[] {
  return sources.filter(isWrong).map((source) => source.path);
}

function isUpOrSideways(source: Source, target: string): boolean {
  const [from, to] = [floorOf(source.path), floorOf(target)];
  if (from === undefined || to === undefined) return true;
  if (dirname(source.path) === dirname(target)) return to > from && to >= 5;
  // Screens are made of parts (tui design), both on floor 5.
  if (source.path.startsWith('tui/screens/') && target.startsWith('tui/parts/')) return false;
  // Mains and commands stand on their wiring, all on floor 6.
  if (
    /^appliance\/(main\.ts|commands\/)/.test(source.path) &&
    target.startsWith('appliance/wiring/')
  )
    return false;
  // A folder's ports stand on those of its program, both on floor 3.
  if (/^appliance\/ports-[a-z]+\.ts$/.test(target) && source.path.endsWith('/ports.ts'))
    return false;
  return to >= from;
}

function mayNameMain(source: Source, target: string): boolean {
  return (
    source.path === 'provisioning/outpost.ts' ||
    (source.path === 'tui/main.ts' && target === 'tui/start.ts') ||
    /^(appliance\/wiring\/|sync\/commands\/keys-)/.test(target)
  );
}

function reachedFrom(source: Source): readonly string[] {
  const byPath = new Map(sources.map((each) => [each.path, each]));
  const seen = new Set<string>();
  const walk = (path: string): void => {
    for (const target of ownImports(byPath.get(path) ?? source)) {
      if (seen.has(target)) continue;
      seen.add(target);
      walk(target);
    }
  };
  walk(source.path);
  return [...seen];
}

function findCycle(): string | undefined {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail, path].join(' > ');
    if (done.has(path)) return undefined;
    for (const target of ownImports(byPath.get(path) ?? { path, text: '', imports: [] })) {
      const cycle = visit(target, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const source of sources) {
    const cycle = visit(source.path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
