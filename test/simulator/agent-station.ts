import { openJournal } from '#sync/adapters/agent-journal-file.ts';
import { openAgentSpool } from '#sync/adapters/spool-folder.ts';
import { createAgent } from '#sync/agent/agent.ts';
import { freeGateRules } from '#sync/agent/gate.ts';
import type { AgentPorts } from '#sync/agent/ports.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Random } from '#sync/core/random.ts';
import { ok } from '#sync/core/result.ts';
import type { SigningKey } from '#sync/seal/signature.ts';
import type { Bug } from './bugs.ts';
import {
  agentSpoolWith,
  clockWith,
  journalWith,
  linkWith,
  localTimeWith,
  withoutOldPacks,
} from './bugs-way.ts';
import { type MachineDisk, mount } from './disk/mount.ts';
import type { Life } from './life.ts';
import type { Way } from './network.ts';

/** The spool of one party, as it lies on the disk of its machine. */
export interface SpoolView {
  /** Whether a pack lies in `in/new` whatever happens to the power. */
  hasArrived(packId: string): boolean;
  /** Packs that the party has not got rid of, and their bytes. */
  sentPacks(): { readonly count: number; readonly sizeBytes: number };
}

export function spoolOf({ disk }: MachineDisk): SpoolView {
  return {
    hasArrived: (packId) => isSafe(disk.safeFile(['spool', 'in', 'new', `${packId}.spk`])),
    sentPacks() {
      const folder = disk.find(['spool', 'out', 'new']);
      const files = folder?.kind === 'folder' ? [...folder.names.values()] : [];
      const sizes = files.map((file) => (file.kind === 'file' ? file.sizeBytes() : 0));
      return { count: sizes.length, sizeBytes: sizes.reduce((sum, each) => sum + each, 0) };
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
  budgetBytes: number | undefined,
  bug: Bug | undefined,
): Promise<void> {
  const root = mount(machine, life);
  const spool = await openAgentSpool(`${root}/spool`);
  const heard: typeof spool = {
    ...spool,
    readOrder: async () => {
      const order = await spool.readOrder();
      const packs = order.ok ? order.value.packs : [];
      way.traffic.statKnown(packs.flatMap((each) => (each.class === 0 ? [each.packId] : [])));
      return order;
    },
  };
  const budget = budgetBytes === undefined ? undefined : { monthlyBytes: budgetBytes, resetDay: 1 };
  const ports: AgentPorts = {
    spool: withoutOldPacks(bug, agentSpoolWith(bug, heard), machine.disk, life.clock.nowMs),
    journal: journalWith(bug, openJournal(`${root}/agent/journal.json`)),
    connect: () => linkWith(bug, way.connect(life)),
    watchNetwork: async () => undefined,
    transportKey: async () => ok(transport),
    clock: clockWith(bug, life.clock),
    random,
    log: silentLog,
  };
  const localTime = localTimeWith(bug, freeGateRules.localTime);
  await createAgent(ports, { ...freeGateRules, budget, localTime }).run(life.signal);
}
