import { packStoreContract } from '#test/contract/pack-store.ts';
import { relayIndexContract } from '#test/contract/relay-index.ts';
import { createMemoryIndex, createMemoryPackStore } from '#test/support/relay-memory.ts';

packStoreContract('memory', async () => ({
  store: createMemoryPackStore(),
  close: async () => {},
}));

relayIndexContract('memory', async () => ({ index: createMemoryIndex(), close: async () => {} }));
