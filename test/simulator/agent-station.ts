import { openJournal } from '#sync/adapters/agent-journal-file.ts';
import { openAgentSpool } from '#sync/adapters/spool-folder.ts';
import { createAgent } from '#sync/agent/agent.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { ok } from '#sync/core/result.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import type { Life } from './life.ts';
import type { Way } from './network.ts';

/** The spool of one party, as it lies on the disk of its machine. */
export interface SpoolView {
  /** Whether a pack lies in `in/new` whatever happens to the power. */
  hasArrived(packId: string): boolean;
  /** Packs that the party has not got rid of. */
  sentPacks(): number;
}

export function spoolOf({ disk }: MachineDisk): SpoolView {
  return {
    hasArrived: (packId) => isSafe(disk.safeFile(['spool', 'in', 'new', `${packId}.spk`])),
    sentPacks() {
      const folder = disk.find(['spool', 'out', 'new']);
      return folder?.kind === 'folder' ? folder.names.size : 0;
    },
  };
}

/** A file that is there whole after every power cut. */
export function isSafe(file: { isSynced(): boolean } | undefined): boolean {
  return file?.isSynced() === true;
}

/** Runs an agent for one life, wired as `sync/agent-main.ts` does; ends only when the disk of the spool fails. */
export async function runAgent(
  life: Life,
  machine: MachineDisk,
  way: Way,
  transport: SigningKey,
  random: Random,
): Promise<void> {
  const root = mount(machine, life);
  await createAgent({
    spool: await openAgentSpool(`${root}/spool`),
    journal: openJournal(`${root}/agent/journal.json`),
    connect: () => way.connect(life),
    watchNetwork: async () => undefined,
    transportKey: async () => ok(transport),
    clock: life.clock,
    random,
    log: silentLog,
  }).run(life.signal);
}
