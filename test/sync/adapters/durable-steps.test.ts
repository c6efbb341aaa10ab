import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failpointNames } from '#sync/core/failpoint.ts';
import { programSources } from '../../support/source-tree.ts';

/** Calls that make something durable or take it away. */
const durable =
  /\b(sync|datasync|fsyncSync|syncFolder|syncPath|rename|renameSync|rm|rmSync|unlink)\(/;

/** Files with such calls that name no step of their own, and why a kill there is of no interest. */
const silent: Readonly<Record<string, string>> = {
  'appliance/adapters/disk.ts': 'the port; its callers name the steps',
  'appliance/adapters/data-disk.ts': 'a probe and ballast',
  'appliance/adapters/data-folder-readonly.ts': 'removes a scratch copy',
  'appliance/adapters/data-folder.ts': 'puts a damaged index aside',
  'appliance/adapters/segment-store.ts': 'makes its own folder',
  'sync/center-main.ts': 'puts a damaged index aside',
  'sync/adapters/resends-folder.ts': 'names its step to putFile',
  'sync/adapters/database-libsql.ts': 'removes the name of the owner, a courtesy',
  'sync/adapters/database-libsql-connection.ts': 'SQLite has its own journal; power cuts test it',
  'appliance/adapters/export-folder.ts':
    'writes copies outside of the box; a torn one is made again',
  'appliance/adapters/export-list.ts': 'tells what copies there are; one it lacks is made again',
  'sync/adapters/folder-owner.ts': 'removes the socket that holds a folder',
  'sync/adapters/http-unix.ts': 'removes a socket',
  'sync/adapters/spool-folder-files.ts': 'removes temporary files',
};

const sources = programSources().filter(({ path }) => /^(sync|appliance)\//.test(path));

test('a file that makes something durable names the step among the failpoints', () => {
  const nameless = sources
    .filter(
      ({ path, text }) => callsIn(text) && !/\bpassage(Of)?\(|\bas: '/.test(text) && !silent[path],
    )
    .map(({ path }) => path);
  assert.deepEqual(nameless, []);
});

test('what is excused needs it', () => {
  const needless = sources.filter(({ path, text }) => silent[path] && !callsIn(text));
  assert.deepEqual(
    needless.map(({ path }) => path),
    [],
  );
});

test('each name of the table is passed somewhere in the programs', () => {
  const text = sources
    .filter(({ path }) => path !== 'sync/core/failpoint.ts')
    .map((source) => source.text)
    .join('\n');
  const isNamed = (name: string): boolean =>
    text.includes(`'${name}'`) || text.includes(`'${name.split('/')[0]}'`);
  assert.deepEqual(
    failpointNames.filter((name) => !isNamed(name)),
    [],
  );
});

/** Calls outside of comments and imports. */
function callsIn(text: string): boolean {
  return durable.test(text.replace(/^\s*(\*|\/\/|\/\*\*).*$/gm, ''));
}
