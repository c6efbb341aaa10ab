import { spoolContract } from '#test/contract/spool.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

spoolContract('memory', async () => ({ ...createMemorySpool(), close: async () => {} }));
