import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that the tests run in. */
export const repositoryDir = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** Path from the top of the checkout, e.g. `sync/core/result.ts`. */
  readonly path: string;
  readonly text: string;
  /** What the file imports: repository paths for own files, bare names (`hono`, `node:fs`) for others. */
  readonly imports: readonly string[];
}

/** Every TypeScript source of the programs, without the tests. */
export function programSources(): readonly Source[] {
  return ['appliance', 'sync', 'tui', 'provisioning'].flatMap((top) => sourcesUnder(top));
}

/** Every TypeScript source of the tests. */
export function testSources(): readonly Source[] {
  return sourcesUnder('test');
}

function sourcesUnder(folder: string): readonly Source[] {
  return readdirSync(join(repositoryDir, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readSource(join(folder, name)));
}

function readSource(path: string): Source {
  const text = readFileSync(join(repositoryDir, path), 'utf8');
  const specifiers = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/(?:^|\n)import\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
    ...text.matchAll(/new URL\(\s*['"](\.[^'"]+\.ts)['"]/g),
  ].map((match) => match[1] ?? '');
  return { path, text, imports: specifiers.map((specifier) => resolveImport(path, specifier)) };
}

function resolveImport(from: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return specifier;
  return relative(repositoryDir, join(repositoryDir, dirname(from), specifier));
}
