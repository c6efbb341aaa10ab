import '../virtual-files.ts';
import { packStoreContract } from '#test/contract/pack-store.ts';
import { type SpoolPair, spoolContract } from '#test/contract/spool.ts';
import type { Life } from '../life.ts';
import { createTimeline } from '../timeline.ts';
import { createMachineDisk, mount, unmountAll } from './mount.ts';

const { openPackStore } = await import('#sync/adapters/pack-store-folder.ts');
const { openAgentSpool, openClinicalSpool } = await import('#sync/adapters/spool-folder.ts');

// The real adapters keep their contracts on the virtual disk: it is as much of a file system as they need.

function openMount() {
  const timeline = createTimeline(1);
  const machine = createMachineDisk(timeline, ['spool', 'relay']);
  const life: Pick<Life, 'write' | 'now' | 'look' | 'isOver' | 'fault'> = {
    isOver: () => false,
    fault: () => undefined,
    write: async (_, effect) => effect(),
    now: async (_, effect) => effect(),
    look: (effect) => effect(),
  };
  return { timeline, root: mount(machine, life as Life) };
}

spoolContract('virtual disk', async (): Promise<SpoolPair> => {
  const { timeline, root } = openMount();
  let isOpen = true;
  const pump = async (): Promise<void> => {
    // Watchers wake on the timeline.
    while (isOpen) {
      await timeline.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  void pump();
  return {
    clinical: await openClinicalSpool(`${root}/spool`),
    agent: await openAgentSpool(`${root}/spool`),
    close: async () => {
      isOpen = false;
      unmountAll();
    },
  };
});

packStoreContract('virtual disk', async () => {
  const { root } = openMount();
  return { store: await openPackStore(`${root}/relay`), close: async () => unmountAll() };
});
