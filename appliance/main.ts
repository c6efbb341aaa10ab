import { dirname } from 'node:path';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { listenUnix } from '#sync/adapters/http-unix.ts';
import { createLog } from '#sync/adapters/log-pino.ts';
import { complain, exitOfDatabase, startProgram } from '#sync/adapters/program-start.ts';
import { untilStopped } from '#sync/adapters/stop-signal.ts';
import { exitCode } from '#sync/core/exit.ts';
import type { Log } from '#sync/core/log.ts';
import { openDataDisk } from './adapters/data-disk.ts';
import { type DataFolder, type DataFolderPorts, openDataFolder } from './adapters/data-folder.ts';
import { openDataFolderReadOnly } from './adapters/data-folder-readonly.ts';
import { importFolder } from './adapters/import-folder.ts';
import { isReadOnly } from './adapters/segment-fault.ts';
import { startFaultOf } from './adapters/start-fault.ts';
import { createCallerBook } from './callers/book.ts';
import { type ApplianceConfig, applianceConfigSchema } from './config.ts';
import { assumedCharacterSets } from './config-dicom.ts';
import { createReception } from './intake/reception.ts';
import { ringOnChange } from './intake/revisions.ts';
import type { DataDisk } from './ports-store.ts';
import { apiOf } from './wiring/api.ts';
import { wireBox } from './wiring/box.ts';
import { commitmentOf } from './wiring/commitment.ts';
import { dicomDoor } from './wiring/door.ts';
import { housekeepingApiOf, runHousekeeping } from './wiring/housekeeping.ts';
import { orderDoorsOf } from './wiring/orders.ts';
import { outboundOf } from './wiring/outbound.ts';
import { serveReadOnly } from './wiring/read-only.ts';
import { servicesOf } from './wiring/services.ts';

const usage = `outpost appliance [--config FILE]

Takes studies from the modalities, keeps them safe, seals them for the center, and takes the reports.
FILE is /etc/outpost/appliance.json unless given. Ends at SIGTERM or SIGINT.
`;

/** Runs the appliance until SIGTERM or SIGINT, or until its disk fails; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startProgram('appliance', applianceConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const { config } = start;
  const log = createLog('appliance');
  const ports: DataFolderPorts = {
    ...{ openDatabase, writeDurably, clock: systemClock, log },
    assumedCharacterSetOf: assumedCharacterSets(config.dicom),
  };
  const disk = openDataDisk(config.dataDir, config.reserveBytes);
  try {
    const written = await disk.probe();
    const isReadable = !written.ok && isReadOnly(written.fault);
    if (isReadable) log.error('appliance/disk-failing', { message: written.fault.message });
    else await disk.room();
    const scratchDir = dirname(config.socket);
    const folder = isReadable
      ? await openDataFolderReadOnly({ ...config, scratchDir }, ports)
      : await openDataFolder(config, ports);
    if (!folder.ok) return complain(folder.fault, exitOfDatabase(folder.fault.kind));
    const { instances, facts } = folder.value.replayed;
    if (instances + facts > 0) log.info('appliance/replayed', { instances, facts });
    try {
      return isReadable
        ? await serveReadOnly(config, folder.value, disk, log)
        : await serve(config, folder.value, disk, log);
    } finally {
      await folder.value.close();
    }
  } catch (cause) {
    const why = startFaultOf(cause, config.dataDir);
    return complain(why, why.exit);
  }
}

async function serve(
  config: ApplianceConfig,
  folder: DataFolder,
  dataDisk: DataDisk,
  log: Log,
): Promise<number> {
  const broken = new AbortController();
  const stop = untilStopped(broken.signal);
  // Work behind the doors goes on until the doors are closed.
  const work = new AbortController();
  const onBroken = (message: string): void => {
    log.error('appliance/disk-failed', { message });
    broken.abort();
  };
  const book = createCallerBook(config.dicom.callers, await folder.callers.decisions());
  const box = wireBox(config, { folder, dataDisk, book, log, onBroken }, work.signal);
  for (const study of await folder.catalog.sealingStudies()) {
    if (!study.isListed) box.quiet.arrived(study.study, '');
  }
  await box.byRules();
  const reception = createReception(box.reception, config.dicom);
  await box.abilities.refresh();
  const ground = { config, folder, box, log, ended: work.signal };
  const commitment = commitmentOf(ground);
  const outbound = outboundOf(ground, stop.signal);
  const services = servicesOf(ground, ...commitment.services);
  const door = await dicomDoor(config, reception, services, box.storagePolicyOf, log);
  if (!door.ok) {
    work.abort();
    return complain(door.fault, exitCode.config);
  }
  const scp = door.value;
  const orders = orderDoorsOf({ config, folder, box, log });
  const app = apiOf(config, folder, { ...box, forwards: outbound.forwarding.health })
    .route('/', orders.api)
    .route('/', outbound.api)
    .route('/', housekeepingApiOf(box.housekeeping));
  const api = await listenUnix(app.fetch, config.socket);
  try {
    const bound = await scp.listen();
    const { mllpPort } = await orders.open();
    const running = [
      box.disk.run(work.signal, box.revisions.bump),
      box.desk.run(work.signal),
      orders.run(stop.signal),
      commitment.answering.run(stop.signal),
      outbound.forwarding.run(stop.signal),
      // Images came or moved on.
      ringOnChange(
        box.revisions,
        [commitment.answering.wake, outbound.forwarding.wake],
        systemClock,
        stop.signal,
      ),
      runHousekeeping(box.housekeeping, config, stop.signal),
      config.importFolder &&
        importFolder(
          config.importFolder,
          { patienceMs: config.importPatienceS * 1_000 },
          box.imports,
          stop.signal,
        ),
    ];
    const doorPorts = bound.doorPorts.join(' ');
    log.info('ready', { port: bound.port, doorPorts, mllpPort, zones: config.zones });
    await stop.stopped;
    await scp.close();
    await box.idle();
    work.abort();
    await Promise.all([...running, box.compared()]);
  } finally {
    work.abort();
    await api.close();
  }
  log.info('stopped');
  return broken.signal.aborted ? exitCode.temporary : exitCode.ok;
}
