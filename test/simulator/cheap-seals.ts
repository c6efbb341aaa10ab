import { registerHooks } from 'node:module';

// Import this before anything that seals. Real signatures and key encapsulation take tens of milliseconds a pack, so
// two hundred worlds would take many minutes. The two modules that hold them are exchanged at their own interface;
// the pack format, every check of opening, custody receipts, sessions and signed lists stay the real ones.

const repository = new URL('../../', import.meta.url);
const at = (path: string): string => new URL(path, repository).href;

const exchanged = new Map([
  [at('sync/seal/signature.ts'), at('test/simulator/cheap-signature.ts')],
  [at('sync/seal/x-wing.ts'), at('test/simulator/cheap-x-wing.ts')],
]);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return { ...resolved, url: exchanged.get(resolved.url) ?? resolved.url };
  },
});
