import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createAbilityFile, createCenterParty } from './adapters/center-party.ts';
import { systemClock } from './adapters/clock-system.ts';
import { openDatabase } from './adapters/database-libsql.ts';
import { createDecoder } from './adapters/decoder-worker.ts';
import { createDimseDelivery } from './adapters/delivery-dimse.ts';
import { createFolderDelivery } from './adapters/delivery-folder.ts';
import { listenUnix } from './adapters/http-unix.ts';
import { readCenterKeys } from './adapters/keys-file.ts';
import { createLedger } from './adapters/ledger-libsql.ts';
import { ledgerSchema } from './adapters/ledger-libsql-schema.ts';
import { createLog } from './adapters/log-pino.ts';
import { listenMetrics } from './adapters/metrics-prom.ts';
import { exitOfDatabase, refuseStart, startProgram } from './adapters/program-start.ts';
import { systemRandom } from './adapters/random-system.ts';
import { createReportArchive } from './adapters/report-archive-folder.ts';
import { openReportFolder } from './adapters/report-folder.ts';
import { createReportScp } from './adapters/report-scp-dimse.ts';
import { createResendFiles } from './adapters/resends-folder.ts';
import { openClinicalSpool } from './adapters/spool-folder.ts';
import { type Stop, untilStopped } from './adapters/stop-signal.ts';
import { createStudyStore } from './adapters/study-store-folder.ts';
import { workerLanes } from './adapters/worker-lane-threads.ts';
import { createCenterApp } from './center/app.ts';
import { createCenter } from './center/center.ts';
import { type CenterConfig, centerConfigSchema } from './center/config.ts';
import { centerMeasures } from './center/metrics.ts';
import type { CenterPorts } from './center/ports.ts';
import type { Delivery } from './center/ports-delivery.ts';
import type { Database, DatabaseFault } from './core/database.ts';
import { exitCode } from './core/exit.ts';
import type { Log } from './core/log.ts';
import type { Result } from './core/result.ts';

const usage = `outpost center [--config FILE]

Opens what the boxes send, proves it, delivers it, and answers. FILE is /etc/outpost/center.json unless given.
`;

/** Runs the center until SIGTERM or SIGINT; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startProgram('center', centerConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const { config } = start;
  const log = createLog('center');
  const stop = untilStopped();
  const keys = await readCenterKeys(config.dataDir);
  if (!keys.ok) return refuseStart(log, keys.fault, exitCode.config);
  const database = await openLedgerDatabase(config.dataDir, log);
  if (!database.ok) return refuseStart(log, database.fault, exitOfDatabase(database.fault.kind));
  try {
    return await serve(config, database.value, stop, log);
  } catch (cause) {
    // A bug, or a disk that failed outside the loops: files say all there is to know, so a fresh start recovers.
    log.error('center/bug', { reason: cause instanceof Error ? cause.message : 'unknown' });
    return exitCode.temporary;
  } finally {
    await database.value.close();
  }
}

async function serve(
  config: CenterConfig,
  database: Database,
  stop: Stop,
  log: Log,
): Promise<number> {
  const { name: destination, delivery } = deliveryOf(config, log);
  const decoder = createDecoder(workerLanes(systemClock));
  const ports = await portsOf(config, database, { delivery, decoder }, log);
  const center = createCenter(ports, { zones: config.zones, destination, reader: config.reader });
  // A door that stays open would keep a program alive that serves nobody.
  const doors: { close(): Promise<void> }[] = [decoder];
  try {
    await center.recover();
    doors.push(await listenUnix(createCenterApp(center).fetch, config.socket));
    const measures = centerMeasures(() => center.status());
    const metrics = config.metrics && (await listenMetrics(measures, config.metrics));
    if (metrics) doors.push(metrics);
    const scp = config.reportScp && createReportScp(config.reportFolder, config.reportScp, log);
    const reportPort = (await scp?.listen())?.port;
    if (scp) doors.push(scp);
    const running = center.run(stop.signal);
    log.info('ready', { zones: config.zones, reportPort, metricsPort: metrics?.port });
    const fault = await running;
    return fault === undefined ? exitCode.ok : refuseStart(log, fault, exitCode.temporary);
  } finally {
    for (const door of doors.reverse()) await door.close();
    log.info('stopped');
  }
}

function deliveryOf(
  { delivery, deliveryFolder }: CenterConfig,
  log: Log,
): { readonly name: string; readonly delivery: Delivery } {
  if (delivery !== undefined) {
    return { name: delivery.calledAeTitle, delivery: createDimseDelivery(delivery, log) };
  }
  if (deliveryFolder === undefined)
    throw new TypeError('A config without a destination was let in');
  return { name: 'folder', delivery: createFolderDelivery(deliveryFolder) };
}

async function portsOf(
  { dataDir, spoolDir, reportFolder, abilities: told }: CenterConfig,
  database: Database,
  doors: Pick<CenterPorts, 'delivery' | 'decoder'>,
  log: Log,
): Promise<CenterPorts> {
  const system = { clock: systemClock, random: systemRandom };
  return {
    spool: await openClinicalSpool(spoolDir),
    store: createStudyStore(dataDir),
    archive: createReportArchive(dataDir),
    door: await openReportFolder(reportFolder, systemClock),
    ledger: createLedger(database),
    resendFiles: createResendFiles(dataDir, log),
    ...doors,
    ...(await createCenterParty(dataDir, system)),
    ...system,
    log,
    ...(told && { abilities: { told, file: createAbilityFile(dataDir) } }),
  };
}

/** A damaged ledger is put aside and rebuilt from the files: it is an index, nothing more. */
async function openLedgerDatabase(
  dataDir: string,
  log: Log,
): Promise<Result<Database, DatabaseFault>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'center.db');
  const opened = await openDatabase(path, { schema: ledgerSchema }, log);
  if (opened.ok || opened.fault.kind !== 'database/corrupt') return opened;
  log.error('center/ledger-damaged', { reason: opened.fault.message });
  for (const suffix of ['', '-wal', '-shm']) {
    await rename(`${path}${suffix}`, `${path}.damaged${suffix}`).catch(() => {});
  }
  return openDatabase(path, { schema: ledgerSchema }, log);
}
