import { connectPinned } from '#sync/adapters/http-client.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { createAgent } from '#sync/agent/agent.ts';
import type { GateRules } from '#sync/agent/gate.ts';
import type { JournalEntry } from '#sync/agent/ports.ts';
import type { Clock } from '#sync/core/clock.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk, ok } from '#sync/core/result.ts';
import type { SendingClass } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { Peer } from '#sync/wire/peer.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import { createHurriedClock } from './clock-hurried.ts';
import { idOf } from './pack-bytes.ts';
import type { TestParty } from './relay-world.ts';
import { createMemorySpool, type MemorySpool } from './spool-memory.ts';

/** One party's spool with an agent that can be started and killed. */
export interface AgentWorld {
  readonly spool: MemorySpool;
  readonly clinical: ClinicalSpool;
  /** The agent's. */
  readonly clock: Clock;
  start(): void;
  /** A way out of the machine came or went. */
  changeNetwork(): void;
  /** Ends the agent and waits for it. */
  stop(): Promise<void>;
  /** Puts packs into `out/new` and lists them, in order. */
  send(packs: readonly Uint8Array[], packClass?: SendingClass): Promise<void>;
  /** Resolves when `holds` does, looking again at every change in the spool. */
  until(holds: () => Promise<boolean>): Promise<void>;
  /** Takes everything that arrives until `count` packs came; answers them by id. */
  receive(count: number): Promise<ReadonlyMap<PackId, Uint8Array>>;
  journal(): JournalEntry;
}

export function openAgentWorld(
  party: TestParty,
  peer: Peer | undefined,
  speed = 50,
  rules?: GateRules,
): Promise<AgentWorld> {
  return open(party, peer, createMemorySpool(), speed, rules);
}

async function open(
  party: TestParty,
  peer: Peer | undefined,
  spool: MemorySpool,
  speed: number,
  rules: GateRules | undefined,
): Promise<AgentWorld> {
  const { clinical } = spool;
  const clock = createHurriedClock(speed);
  let entry: JournalEntry = { cursors: {}, month: '', sentBytes: 0, fetchedBytes: 0 };
  let stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let wake = 0;
  const listed: { packId: PackId; class: SendingClass; group: string; sizeBytes: number }[] = [];
  if (peer !== undefined) await clinical.writePeer(peer);

  const until: AgentWorld['until'] = async (holds) => {
    const done = new AbortController();
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        holds().then((isTrue) => isTrue && resolve(), reject);
      };
      clinical.watch(look, done.signal);
      look();
    });
    done.abort();
  };

  let changeNetwork = (): void => undefined;
  return {
    spool,
    clinical,
    clock,
    start() {
      stop = new AbortController();
      const agent = createAgent(
        {
          spool: spool.agent,
          journal: {
            read: async () => entry,
            write: async (next) => {
              entry = next;
            },
          },
          connect: connectPinned,
          watchNetwork: async (onChange) => {
            changeNetwork = onChange;
          },
          transportKey: async () => ok(party.transport),
          clock,
          random: systemRandom,
          log: silentLog,
        },
        rules,
      );
      running = agent.run(stop.signal);
    },
    changeNetwork: () => changeNetwork(),
    async stop() {
      stop.abort();
      await running;
    },
    async send(packs, packClass = 2) {
      for (const pack of packs) {
        expectOk(await clinical.putPack(idOf(pack), pack));
        const group = '00'.repeat(16);
        listed.push({ packId: idOf(pack), class: packClass, group, sizeBytes: pack.length });
      }
      expectOk(await clinical.writeOrder({ format: 1, wake: ++wake, packs: [...listed] }));
    },
    until,
    async receive(count) {
      const received = new Map<PackId, Uint8Array>();
      await until(async () => {
        for (const packId of await clinical.arrivedPacks()) {
          received.set(packId, expectOk(await clinical.readArrived(packId)));
          await clinical.markTaken(packId);
        }
        return received.size >= count;
      });
      return received;
    },
    journal: () => entry,
  };
}
