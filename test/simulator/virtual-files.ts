import { registerHooks } from 'node:module';

// Import this before any adapter that keeps files. The adapters stay the real ones, down to each call of the file
// system; what they call is the disk of a machine in the world, on which a power cut loses what was not synced.

const repository = new URL('../../', import.meta.url);
const at = (path: string): string => new URL(path, repository).href;

const exchanged = new Map([
  ['node:fs/promises', at('test/simulator/disk/node-fs-promises.ts')],
  ['node:fs', at('test/simulator/disk/node-fs.ts')],
  ['chokidar', at('test/simulator/disk/chokidar.ts')],
]);
const watcher = at('sync/adapters/spool-folder-watch.ts');
const adapters = [at('sync/adapters/'), at('appliance/adapters/')];

registerHooks({
  resolve(specifier, context, next) {
    const isAdapter = adapters.some((folder) => context.parentURL?.startsWith(folder));
    const url = isAdapter ? exchanged.get(specifier) : undefined;
    if (url !== undefined) return { url, shortCircuit: true };
    const resolved = next(specifier, context);
    return resolved.url === watcher
      ? { ...resolved, url: at('test/simulator/disk/watch.ts') }
      : resolved;
  },
});
