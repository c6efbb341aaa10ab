import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { readPairing } from '#appliance/adapters/pairing-files.ts';
import { closedFault } from '#appliance/adapters/segment-fault.ts';
import { createCallerBook } from '#appliance/callers/book.ts';
import { createCallerDesk } from '#appliance/callers/desk.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { createQuietTimes } from '#appliance/intake/complete.ts';
import { createDiskWatch } from '#appliance/intake/disk-watch.ts';
import { createReception } from '#appliance/intake/reception.ts';
import { createRevisions } from '#appliance/intake/revisions.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { listenUnix } from '#sync/adapters/http-unix.ts';
import { pairingKeys } from '#sync/adapters/pairing-box.ts';
import { complain } from '#sync/adapters/program-start.ts';
import { untilStopped } from '#sync/adapters/stop-signal.ts';
import { exitCode } from '#sync/core/exit.ts';
import type { Log } from '#sync/core/log.ts';
import { fail } from '#sync/core/result.ts';
import type { DataDisk } from '../ports-store.ts';
import { apiOf, type ShownDesk } from './api.ts';
import { dicomDoor } from './door.ts';
import { queryServices } from './query.ts';

/** A disk that was mounted anew is found this soon. */
const healedEveryMs = 5_000;

/**
 * Serves what can be read of a disk that cannot be written: every device is told to come again, and the screen shows
 * why. The agent goes on with what is sealed. Ends as soon as the disk takes a write, to start anew with it.
 */
export async function serveReadOnly(
  config: ApplianceConfig,
  folder: DataFolder,
  dataDisk: DataDisk,
  log: Log,
): Promise<number> {
  const healed = new AbortController();
  const stop = untilStopped(healed.signal);
  const work = new AbortController();
  const clock = systemClock;
  const pairing = await readPairing(pairingKeys, config.dataDir).catch(() => undefined);
  const disk = createDiskWatch(
    { ...folder, disk: dataDisk, clock, onBroken: () => undefined },
    'failing',
  );
  const book = createCallerBook(config.dicom.callers, await folder.callers.decisions());
  const reception = createReception(
    {
      ...folder,
      cataloguer: { add: () => undefined },
      book,
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
    unreadableArrivals: () => 0,
  };
  const quiet = createQuietTimes(clock, 0);
  const revisions = createRevisions(clock);
  // Nothing is taken, but what can be read is shown.
  const services = queryServices({ config, folder, log, ended: work.signal });
  const door = await dicomDoor(config, reception, services, undefined, log);
  if (!door.ok) return complain(door.fault, exitCode.config);
  const scp = door.value;
  const callerDesk = createCallerDesk({
    ...{ callers: folder.callers, book, clock, onChange: revisions.bump },
    recorder: { record: async () => fail(closedFault()) },
  });
  const api = await listenUnix(
    apiOf(config, folder, { desk, callerDesk, disk, quiet, revisions }).fetch,
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
    work.abort();
    await api.close();
  }
  log.info(healed.signal.aborted ? 'appliance/disk-healed' : 'stopped');
  return healed.signal.aborted ? exitCode.temporary : exitCode.ok;
}
