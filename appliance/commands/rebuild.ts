import { openDataFolder } from '#appliance/adapters/data-folder.ts';
import { startFaultOf } from '#appliance/adapters/start-fault.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { assumedCharacterSets } from '#appliance/config-dicom.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { complain, exitOfDatabase, startTool } from '#sync/adapters/program-start.ts';
import { exitCode } from '#sync/core/exit.ts';
import { silentLog } from '#sync/core/log.ts';

const usage = `outpost rebuild-index [--config FILE] [--json]

Makes the catalog anew from the segments and the log of letters; the old one is kept beside it. Refused while the
appliance runs. FILE is /etc/outpost/appliance.json unless given.
`;

/** Rebuilds the catalog; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startTool('rebuild-index', 'appliance', applianceConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const { config, isJson } = start;
  try {
    const folder = await openDataFolder(
      { ...config, isRebuild: true },
      {
        ...{ openDatabase, writeDurably, clock: systemClock, log: silentLog },
        assumedCharacterSetOf: assumedCharacterSets(config.dicom),
      },
    );
    if (!folder.ok) return complain(folder.fault, exitOfDatabase(folder.fault.kind));
    const totals = await folder.value.catalog.totals();
    await folder.value.close();
    const { instances, facts } = folder.value.replayed;
    const damagedLines = folder.value.facts.damagedLines();
    process.stdout.write(
      isJson
        ? `${JSON.stringify({ ok: true, ...totals, records: instances, facts, damagedLines })}\n`
        : `Made the catalog anew: ${totals.studies} studies, ${totals.instances} images, from ${instances} records and ${facts} facts\n`,
    );
    return exitCode.ok;
  } catch (cause) {
    const why = startFaultOf(cause, config.dataDir);
    return complain(why, why.exit);
  }
}
