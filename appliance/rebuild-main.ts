import { systemClock } from '#sync/adapters/clock-system.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { exitCode } from '#sync/core/exit.ts';
import { silentLog } from '#sync/core/log.ts';
import { openDataFolder } from './adapters/data-folder.ts';
import { exitOfDatabase, readOptions, tell, tellStartFault } from './adapters/program.ts';

const usage = `outpost rebuild-index [--config FILE] [--json]

Makes the catalog anew from the segments and the log of letters; the old one is kept beside it. Refused while the
appliance runs. FILE is /etc/outpost/appliance.json unless given.
`;

/** Rebuilds the catalog; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await readOptions('rebuild-index', args, usage, readConfig);
  if (!options.ok) return options.fault;
  const { config, isJson } = options.value;
  try {
    const folder = await openDataFolder(
      { ...config, isRebuild: true },
      { openDatabase, writeDurably, clock: systemClock, log: silentLog },
    );
    if (!folder.ok) {
      tell(folder.fault);
      return exitOfDatabase(folder.fault.kind);
    }
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
    return tellStartFault(cause, config.dataDir);
  }
}
