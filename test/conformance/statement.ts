import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir } from '#test/support/source-tree.ts';
import { tables } from './tables.ts';

export const statementPath = join(repositoryDir, 'appliance', 'CONFORMANCE.md');

const place = /<!-- from the code: ([a-z-]+) -->\n[\s\S]*?<!-- end -->/g;

/** The statement as it is on the disk, and as it should be: every marked place filled from the code. */
export function statement(): {
  readonly written: string;
  readonly right: string;
  readonly unused: readonly string[];
} {
  const written = readFileSync(statementPath, 'utf8');
  const made = tables();
  const used = new Set<string>();
  const right = written.replace(place, (_, name: string) => {
    const text = made[name];
    if (text === undefined) throw new Error(`Nothing in the code is called "${name}"`);
    used.add(name);
    return `<!-- from the code: ${name} -->\n\n${text}\n\n<!-- end -->`;
  });
  return { written, right, unused: Object.keys(made).filter((name) => !used.has(name)) };
}
