import type { PackId } from '#sync/wire/pack-id.ts';
import type { AgentSpool } from '#sync/wire/spool.ts';
import { seededBytes } from '../support/pack-bytes.ts';
import { createMemorySpool, type MemorySpool } from '../support/spool-memory.ts';
import { type AgentDisk, emptyJournal } from './programs.ts';
import type { Timeline } from './timeline.ts';

/** The spool of one party with what the agent keeps beside it. */
export interface AgentStation {
  readonly spool: MemorySpool;
  readonly disk: AgentDisk;
  /** Whether a pack lies in `in/new`. */
  hasArrived(packId: string): boolean;
  /** What a power cut does to what was not synced. */
  onCrash(): void;
}

export function createAgentStation({ chance }: Timeline): AgentStation {
  const memory = createMemorySpool();
  const arrived = new Set<string>();
  const parts = new Set<PackId>();
  const agent: AgentSpool = {
    ...memory.agent,
    appendPart: (packId, offset, bytes) => {
      parts.add(packId);
      return memory.agent.appendPart(packId, offset, bytes);
    },
    finishPart: async (packId) => {
      const finished = await memory.agent.finishPart(packId);
      parts.delete(packId);
      if (finished.ok) arrived.add(packId);
      return finished;
    },
    removeIncoming: (packId) => {
      arrived.delete(packId);
      return memory.agent.removeIncoming(packId);
    },
  };

  async function tear(packId: PackId): Promise<void> {
    const sizeBytes = await memory.agent.partSize(packId);
    const kept = chance.whole(0, sizeBytes);
    const stale = chance.is(0.5) ? Math.min(512, sizeBytes - kept) : 0;
    await memory.agent.appendPart(packId, kept, seededBytes('stale', stale));
  }

  return {
    spool: { clinical: memory.clinical, agent },
    disk: { spool: agent, journal: emptyJournal },
    hasArrived: (packId) => arrived.has(packId),
    onCrash() {
      for (const packId of parts) if (chance.is(0.3)) void tear(packId);
    },
  };
}
