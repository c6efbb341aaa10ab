import { join, resolve } from 'node:path';
import { openDataFolder } from '#appliance/adapters/data-folder.ts';
import { startFaultOf } from '#appliance/adapters/start-fault.ts';
import { takeOverFolder } from '#appliance/adapters/take-over-folder.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { assumedCharacterSets } from '#appliance/config-dicom.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { readSeed } from '#sync/adapters/keys-file.ts';
import { complain, exitOfDatabase } from '#sync/adapters/program-start.ts';
import { hex } from '#sync/core/bytes.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import { silentLog } from '#sync/core/log.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';

const usage = `outpost take-over --from DIR [--config FILE] [--json]

Takes what a broken box holds into the box in its place: DIR is the data folder of its appliance, on its disk, which was
opened with the recovery passphrase and mounted for reading. Studies, reports, orders and decisions are copied; what the
center did not confirm is sealed anew with the keys of this box, and nothing is sent under the old ones. Stop the
appliance of this box first. Cut short, run it again. FILE is /etc/outpost/appliance.json unless given.

Exit codes: 0 done, 1 nothing was done and why, 64 usage, 69 the appliance runs, 75 the disk, 78 unusable config.
`;

/** The `outpost take-over` command. */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('take-over', {
    args: [...args],
    options: {
      from: { type: 'string' },
      config: { type: 'string', default: '/etc/outpost/appliance.json' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { from, json, help, config: path } = line.value.values;
  if (help || from === undefined) {
    process.stdout.write(usage);
    return help ? exitCode.ok : exitCode.usage;
  }
  const config = await readConfig('appliance', applianceConfigSchema, path);
  if (!config.ok) return complain(config.fault, exitCode.config);
  const { dataDir } = config.value;
  const open = () =>
    openDataFolder(config.value, {
      ...{ openDatabase, writeDurably, clock: systemClock, log: silentLog },
      assumedCharacterSetOf: assumedCharacterSets(config.value.dicom),
    });
  try {
    const seed = await readSeed(join(from, 'keys', 'identity.seed'));
    if (!seed.ok) return complain(seed.fault, exitCode.no);
    // Refused while the appliance runs.
    const before = await open();
    if (!before.ok) return complain(before.fault, exitOfDatabase(before.fault.kind));
    await before.value.close();
    const code = hex(sha256(signingKeyOf(seed.value).publicKey)).slice(0, 16);
    const nowMs = systemClock.nowMs();
    const taken = await takeOverFolder(resolve(from), dataDir, code, { writeDurably, nowMs });
    if (!taken.ok) return complain(taken.fault, exitCode.no);
    const after = await open();
    if (!after.ok) return complain(after.fault, exitOfDatabase(after.fault.kind));
    const totals = await after.value.catalog.totals();
    await after.value.close();
    const { segments, bytes } = taken.value;
    process.stdout.write(
      json
        ? `${JSON.stringify({ ok: true, ...taken.value, ...totals })}\n`
        : `Taken over: ${segments} segments, ${Math.ceil(bytes / 1e6)} MB. This box now has ${totals.studies} studies, ${totals.instances} images; ${totals.onlyHere} are to be sent\n`,
    );
    return exitCode.ok;
  } catch (cause) {
    const why = startFaultOf(cause, dataDir);
    return complain(why, why.exit);
  }
}
