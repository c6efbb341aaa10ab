import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openJournal } from './adapters/agent-journal-file.ts';
import { systemClock } from './adapters/clock-system.ts';
import { ownFolder } from './adapters/folder-owner.ts';
import { connectPinned } from './adapters/http-client.ts';
import { readSeed } from './adapters/keys-file.ts';
import { createLog } from './adapters/log-pino.ts';
import { watchNetwork } from './adapters/network-watch-system.ts';
import { refuseStart, startProgram } from './adapters/program-start.ts';
import { systemRandom } from './adapters/random-system.ts';
import { openAgentSpool, partiesIn } from './adapters/spool-folder.ts';
import { untilStopped } from './adapters/stop-signal.ts';
import { uplinkBytes } from './adapters/uplink-bytes-system.ts';
import { createAgent } from './agent/agent.ts';
import { type AgentConfig, agentConfigSchema } from './agent/config.ts';
import type { AgentPorts } from './agent/ports.ts';
import { parseTimetable } from './agent/timetable.ts';
import { exitCode } from './core/exit.ts';
import { localTimeIn } from './core/local-time.ts';
import type { Log } from './core/log.ts';
import { ok } from './core/result.ts';
import { signingKeyOf } from './seal/signature.ts';

const usage = `outpost agent [--config FILE]

Carries sealed packs between the spool and the relay. FILE is /etc/outpost/agent.json unless given.
`;

/** The one link of the machine, whoever uses it. */
const link = { connect: connectPinned, watchNetwork, uplinkBytes };

/** Runs an agent until SIGTERM or SIGINT; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startProgram('agent', agentConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const log = createLog('agent');
  try {
    return await carry(start.config, log);
  } catch (cause) {
    log.error('agent/broken', { reason: cause instanceof Error ? cause.message : String(cause) });
    return exitCode.temporary;
  }
}

async function carry(config: AgentConfig, log: Log): Promise<number> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const owner = await ownFolder(config.dataDir);
  if (!owner.ok) return refuseStart(log, owner.fault, exitCode.unavailable);
  try {
    return await work(config, log);
  } finally {
    await owner.value.release();
  }
}

async function work(config: AgentConfig, log: Log): Promise<number> {
  const keyFile = config.transportKeyFile ?? join(config.dataDir, 'keys', 'transport.seed');
  const timeZone = config.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const partyPorts = async (name?: string): Promise<AgentPorts> => {
    const spool = await openAgentSpool(config.spoolDir, name);
    return {
      spool,
      journal: openJournal(
        join(config.dataDir, name === undefined ? 'journal.json' : `journal-${name}.json`),
      ),
      ...link,
      transportKey: async () => {
        const peer = await spool.readPeer();
        const key = peer.ok ? peer.value.transport : undefined;
        const seed = await readSeed(
          key === undefined ? keyFile : join(dirname(keyFile), `transport-${key}.seed`),
        );
        return seed.ok ? ok(signingKeyOf(seed.value)) : seed;
      },
      clock: systemClock,
      random: systemRandom,
      log,
    };
  };
  const timetable = parseTimetable(config.timetable ?? '');
  const agent = createAgent(
    await partyPorts(),
    {
      timetable: timetable.ok ? timetable.value : [],
      budget: config.budget,
      localTime: localTimeIn(timeZone),
    },
    { names: () => partiesIn(config.spoolDir), open: partyPorts },
  );
  const stop = untilStopped();
  log.info('ready');
  const ended = await agent.run(stop.signal);
  if (ended.ok) {
    log.info('stopped');
    return exitCode.ok;
  }
  log.error(ended.fault.kind, { message: ended.fault.message, next: ended.fault.next });
  return exitCode.temporary;
}
