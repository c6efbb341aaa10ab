import { fail, ok, type Result } from '../core/result.ts';
import { joinSignals } from '../core/signals.ts';
import type { SpoolFault } from '../wire/spool.ts';
import type { Board } from './board.ts';
import { createGate, freeGateRules, type GateRules } from './gate.ts';
import { createLedger } from './ledger.ts';
import { limitsLoop } from './limits.ts';
import { createMemory } from './memory.ts';
import { serveParty } from './party.ts';
import type { AgentPorts } from './ports.ts';
import { createSharing } from './sharing.ts';
import { createValve } from './valve.ts';

/**
 * Carries sealed packs between the spool and the relays of one party, and of the centers after the first that a box
 * may have, over one link; knows nothing of what is in them.
 */
export interface Agent {
  /**
   * Works until `signal` aborts and retries for ever. Ends with a fault only when the disk of the spool is broken:
   * the program then starts again. State is in the spool, at the relay and in the journal: it may be killed any time.
   */
  run(signal: AbortSignal): Promise<Result<void, SpoolFault>>;
}

/** Further parties of the same machine, each with a spool, a journal and a transport key of its own. */
export interface OtherParties {
  /** Names of those that are there now; one that was named once is served until the end. */
  names(): Promise<readonly string[]>;
  open(name: string): Promise<AgentPorts>;
}

const noOthers: OtherParties = {
  names: async () => [],
  open: () => Promise.reject(new Error('There are no other parties')),
};

/** The clinical side makes a new party as a folder of the spool, which rings; and it is looked for all the same. */
const othersEveryMs = 5_000;

export function createAgent(
  ports: AgentPorts,
  rules: GateRules = freeGateRules,
  others: OtherParties = noOthers,
): Agent {
  return {
    async run(outside) {
      const broken = new AbortController();
      const { signal, release } = joinSignals(outside, broken.signal);
      let found: SpoolFault | undefined;
      const onBroken = (cause: SpoolFault): void => {
        found ??= cause;
        broken.abort();
      };
      const journal = await createMemory(ports.journal);
      const ledger = createLedger(journal);
      const gate = createGate(ports.clock, rules, ledger);
      const sharing = createSharing(ports.clock, gate, createValve(ports.clock));

      async function serveOther(name: string): Promise<void> {
        const own = await others.open(name);
        const memory = await createMemory(own.journal);
        await serveParty(own, { sharing, journal: memory, onBroken }, signal);
      }

      async function othersLoop(board: Board): Promise<void> {
        const served = new Map<string, Promise<void>>();
        while (!signal.aborted) {
          const seen = board.bell.count();
          for (const name of await others.names()) {
            if (served.has(name)) continue;
            // A spool that cannot be opened now is tried again; the other parties go on.
            const serving = serveOther(name).catch((cause) => {
              const reason = cause instanceof Error ? cause.message : String(cause);
              ports.log.error('agent/party-broken', { name, reason });
              return ports.clock.wait(othersEveryMs, signal).then(() => void served.delete(name));
            });
            served.set(name, serving);
          }
          await board.bell.after(seen, othersEveryMs, signal);
        }
        await Promise.all(served.values());
      }

      await serveParty(
        ports,
        {
          ...{ sharing, journal, onBroken },
          beside: (board, own) => [
            limitsLoop(ports, board, own, signal),
            ...(others === noOthers ? [] : [othersLoop(board)]),
          ],
        },
        signal,
      );
      if (rules.budget !== undefined) ledger.settle();
      await journal.save().catch(() => undefined);
      release();
      return found === undefined ? ok(undefined) : fail(found);
    },
  };
}
