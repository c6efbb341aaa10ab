import { dirname } from 'node:path';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { listenUnix } from '#sync/adapters/http-unix.ts';
import { readBoxKeys, readBoxPeers, writePeerRecord } from '#sync/adapters/keys-file.ts';
import { createLog } from '#sync/adapters/log-pino.ts';
import { complain, exitOfDatabase, startProgram } from '#sync/adapters/program-start.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { openSequence } from '#sync/adapters/sequence-file.ts';
import { openClinicalSpool } from '#sync/adapters/spool-folder.ts';
import { untilStopped } from '#sync/adapters/stop-signal.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { versionOfOutpost } from '#sync/adapters/version.ts';
import { exitCode } from '#sync/core/exit.ts';
import type { Log } from '#sync/core/log.ts';
import { openDataDisk } from './adapters/data-disk.ts';
import { type DataFolder, type DataFolderPorts, openDataFolder } from './adapters/data-folder.ts';
import { openDataFolderReadOnly } from './adapters/data-folder-readonly.ts';
import { importFolder } from './adapters/import-folder.ts';
import { createLetterDesk, type LetterDesk } from './adapters/letter-desk.ts';
import { readPairing } from './adapters/pairing-files.ts';
import { isReadOnly } from './adapters/segment-fault.ts';
import { startFaultOf } from './adapters/start-fault.ts';
import { createApi } from './api/app.ts';
import { type ApplianceConfig, applianceConfigSchema } from './config.ts';
import { createCataloguer } from './intake/cataloguer.ts';
import { createComparer } from './intake/compare.ts';
import { createQuietTimes, type QuietTimes } from './intake/complete.ts';
import { createDiskWatch, type DiskWatch } from './intake/disk-watch.ts';
import { createReception, type ReceptionPorts } from './intake/reception.ts';
import { createRecorder } from './intake/recorder.ts';
import { createRevisions, type Revisions } from './intake/revisions.ts';
import type { DataDisk } from './ports.ts';

const usage = `outpost appliance [--config FILE]

Takes studies from the modalities, keeps them safe, seals them for the center, and takes the reports.
FILE is /etc/outpost/appliance.json unless given. Ends at SIGTERM or SIGINT.
`;

/** Sealed bytes that wait in the spool at most while the ballast is gone: one pack at a time. */
const shortSealAheadBytes = 4 * 1024 * 1024;
/** A disk that was mounted anew is found this soon. */
const healedEveryMs = 5_000;

/** Runs the appliance until SIGTERM or SIGINT, or until its disk fails; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startProgram('appliance', applianceConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const { config } = start;
  const log = createLog('appliance');
  const ports: DataFolderPorts = { openDatabase, writeDurably, clock: systemClock, log };
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
        ? await show(config, folder.value, disk, log)
        : await serve(config, folder.value, disk, log);
    } finally {
      await folder.value.close();
    }
  } catch (cause) {
    const why = startFaultOf(cause, config.dataDir);
    return complain(why, why.exit);
  }
}

/** All parts of the running program, wired. */
interface Box {
  readonly reception: ReceptionPorts;
  readonly desk: LetterDesk;
  readonly disk: DiskWatch;
  readonly quiet: QuietTimes;
  readonly revisions: Revisions;
  readonly idle: () => Promise<void>;
  /** Resolves soon once the work is ended. */
  readonly compared: () => Promise<void>;
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
  const box = wire(config, folder, dataDisk, log, onBroken, work.signal);
  for (const study of await folder.catalog.sealingStudies()) {
    if (!study.isListed) box.quiet.arrived(study.study);
  }
  const { host, port, aeTitles } = config.dicom;
  const scp = createStorageScp(
    createReception(box.reception, config.dicom),
    { host, port, aeTitles },
    log,
  );
  const api = await listenUnix(apiOf(config, folder, box).fetch, config.socket);
  try {
    const bound = await scp.listen();
    const running = [
      box.disk.run(work.signal, box.revisions.bump),
      box.desk.run(work.signal),
      config.importFolder && importFolder(config.importFolder, box.reception, stop.signal),
    ];
    log.info('ready', { port: bound.port, zones: config.zones });
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

function wire(
  config: ApplianceConfig,
  folder: DataFolder,
  dataDisk: DataDisk,
  log: Log,
  onBroken: (message: string) => void,
  signal: AbortSignal,
): Box {
  const clock = systemClock;
  const { catalog, store, facts } = folder;
  const revisions = createRevisions(clock);
  const quiet = createQuietTimes(clock, config.quietS * 1_000);
  const disk = createDiskWatch({ store, disk: dataDisk, clock, onBroken });
  const recorder = createRecorder({ facts, catalog, clock, log, onBroken }, signal);
  const onChange = revisions.bump;
  const desk = createLetterDesk(
    {
      folder,
      recorder,
      quiet,
      keys: { readBoxKeys, readBoxPeers, writePeerRecord },
      openSpool: openClinicalSpool,
      openSequence,
      random: systemRandom,
      clock,
      log,
      onChange,
      onBroken,
    },
    {
      ...config,
      manifestIntervalMs: config.manifestIntervalS * 1_000,
      confirmAfterMs: config.confirmAfterS * 1_000,
      get sealAheadBytes() {
        return disk.isShort() ? shortSealAheadBytes : config.sealAheadBytes;
      },
    },
  );
  const comparer = createComparer(
    { catalog, store, recorder, clock, log, onCompared: revisions.bump },
    signal,
  );
  // What an earlier run left.
  comparer.wake();
  const onAdded = (studies: ReadonlySet<string>): void => {
    for (const study of studies) quiet.arrived(study);
    revisions.bump();
    desk.wake();
    comparer.wake();
  };
  const cataloguer = createCataloguer({ catalog, recorder, clock, log, onAdded, onBroken }, signal);
  const reception: ReceptionPorts = {
    store,
    cataloguer,
    catalog,
    isFull: () => disk.trouble() !== undefined,
    onFull: () => {
      disk.found();
      revisions.bump();
    },
    onBroken,
    clock,
    log,
  };
  return {
    ...{ reception, desk, disk, quiet, revisions },
    idle: cataloguer.idle,
    compared: comparer.idle,
  };
}

/**
 * Serves what can be read of a disk that cannot be written: every device is told to come again, and the screen shows
 * why. The agent goes on with what is sealed. Ends as soon as the disk takes a write, to start anew with it.
 */
async function show(
  config: ApplianceConfig,
  folder: DataFolder,
  dataDisk: DataDisk,
  log: Log,
): Promise<number> {
  const healed = new AbortController();
  const stop = untilStopped(healed.signal);
  const clock = systemClock;
  const keys = { readBoxKeys, readBoxPeers, writePeerRecord };
  const pairing = await readPairing(keys, config.dataDir).catch(() => undefined);
  const disk = createDiskWatch(
    { ...folder, disk: dataDisk, clock, onBroken: () => undefined },
    'failing',
  );
  const reception = createReception(
    {
      ...folder,
      cataloguer: { add: () => undefined },
      isFull: () => true,
      onFull: () => undefined,
      onBroken: () => undefined,
      clock,
      log,
    },
    config.dicom,
  );
  const desk: ShownDesk = {
    pairing: () => pairing,
    agentState: async () => undefined,
    zoneBreach: () => undefined,
    hasSpool: () => true,
    unconfirmedStudies: () => 0,
  };
  const quiet = createQuietTimes(clock, 0);
  const revisions = createRevisions(clock);
  const scp = createStorageScp(reception, config.dicom, log);
  const api = await listenUnix(
    apiOf(config, folder, { desk, disk, quiet, revisions }).fetch,
    config.socket,
  );
  try {
    const bound = await scp.listen();
    log.info('ready', { port: bound.port, zones: config.zones, isReadOnly: true });
    while (!stop.signal.aborted) {
      await clock.wait(healedEveryMs, stop.signal);
      if (!stop.signal.aborted && (await dataDisk.probe()).ok) healed.abort();
    }
    await scp.close();
  } finally {
    await api.close();
  }
  log.info(healed.signal.aborted ? 'appliance/disk-healed' : 'stopped');
  return healed.signal.aborted ? exitCode.temporary : exitCode.ok;
}

type ShownDesk = Pick<
  LetterDesk,
  'pairing' | 'agentState' | 'zoneBreach' | 'hasSpool' | 'unconfirmedStudies'
>;

function apiOf(
  config: ApplianceConfig,
  folder: DataFolder,
  box: Pick<Box, 'disk' | 'quiet' | 'revisions'> & { readonly desk: ShownDesk },
) {
  return createApi(
    {
      catalog: folder.catalog,
      files: folder.files,
      revisions: box.revisions,
      isReceiving: (study) => !box.quiet.isQuiet(study),
      agentState: box.desk.agentState,
      pairing: box.desk.pairing,
      hasSpool: box.desk.hasSpool,
      unconfirmedStudies: box.desk.unconfirmedStudies,
      disk: () => ({ usedPercent: box.disk.usedPercent(), trouble: box.disk.trouble() }),
      zoneBreach: box.desk.zoneBreach,
      damagedFacts: folder.facts.damagedLines,
      clock: systemClock,
    },
    { ...config, version: versionOfOutpost() },
  );
}
