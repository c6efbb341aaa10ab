import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spkiSha256Of } from './adapters/certificate-x509.ts';
import { systemClock } from './adapters/clock-system.ts';
import { openDatabase } from './adapters/database-libsql.ts';
import { listenHttps } from './adapters/https-server.ts';
import { readSeed } from './adapters/keys-file.ts';
import { createLog } from './adapters/log-pino.ts';
import { listenMetrics } from './adapters/metrics-prom.ts';
import { openPackStore } from './adapters/pack-store-folder.ts';
import { exitOfDatabase, refuseStart, startProgram } from './adapters/program-start.ts';
import { systemRandom } from './adapters/random-system.ts';
import { openRelayIndex, relaySchema } from './adapters/relay-index-libsql.ts';
import { untilStopped } from './adapters/stop-signal.ts';
import { exitCode } from './core/exit.ts';
import type { Log } from './core/log.ts';
import { createRelayApp } from './relay/app.ts';
import { type RelayFileConfig, relayConfigSchema } from './relay/config.ts';
import { relayMeasures } from './relay/metrics.ts';
import { createRelay } from './relay/relay.ts';
import { signingKeyOf } from './seal/signature.ts';

const usage = `outpost relay [--config FILE]

The blind mailbox of sealed packs. FILE is /etc/outpost/relay.json unless given.
`;

/** Runs a relay until SIGTERM or SIGINT; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startProgram('relay', relayConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const log = createLog('relay');
  try {
    return await serve(start.config, log);
  } catch (cause) {
    log.error('relay/broken', { reason: cause instanceof Error ? cause.message : String(cause) });
    return exitCode.temporary;
  }
}

async function serve(config: RelayFileConfig, log: Log): Promise<number> {
  const keys = join(config.dataDir, 'keys');
  const tls = config.tls ?? { certFile: join(keys, 'tls.crt'), keyFile: join(keys, 'tls.key') };
  const receiptSeed = await readSeed(config.receiptKeyFile ?? join(keys, 'receipt.seed'));
  if (!receiptSeed.ok) return refuseStart(log, receiptSeed.fault, exitCode.config);
  const certificatePem = await readFile(tls.certFile, 'utf8');
  const keyPem = await readFile(tls.keyFile, 'utf8');

  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const store = await openPackStore(config.dataDir);
  const database = await openDatabase(
    join(config.dataDir, 'relay.db'),
    { schema: relaySchema },
    log,
  );
  if (!database.ok) return refuseStart(log, database.fault, exitOfDatabase(database.fault.kind));
  try {
    const index = openRelayIndex(database.value, systemRandom);
    const ports = { store, index, clock: systemClock, random: systemRandom, log };
    const relay = await createRelay(ports, {
      relayId: config.relayId,
      roots: config.roots,
      reserveBytes: config.reserveBytes,
      spkiSha256: spkiSha256Of(certificatePem),
      receiptKey: signingKeyOf(receiptSeed.value),
      requestsPerAddress: config.connectionsPerAddress,
    });
    const broken = new AbortController();
    const stop = untilStopped(broken.signal);
    const app = createRelayApp({
      ...ports,
      relay,
      stop: stop.signal,
      onBroken: () => broken.abort(),
    });
    const server = await listenHttps(app.fetch, {
      host: config.host,
      port: config.port,
      certificatePem,
      keyPem,
      limits: {
        connections: config.connections,
        connectionsPerAddress: config.connectionsPerAddress,
      },
    });
    // A door that stays open would keep a program alive that serves nobody.
    try {
      const metrics =
        config.metrics && (await listenMetrics(relayMeasures(relay, store), config.metrics));
      log.info('ready', {
        port: server.port,
        metricsPort: metrics?.port,
        roots: config.roots.length,
      });
      await stop.stopped;
      await metrics?.close();
    } finally {
      await server.close();
    }
    log.info('stopped');
    return broken.signal.aborted ? exitCode.temporary : exitCode.ok;
  } finally {
    await database.value.close();
  }
}
