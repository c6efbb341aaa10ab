import { join } from 'node:path';
import { verifySegments } from '#appliance/adapters/segment-verify.ts';
import { startFaultOf } from '#appliance/adapters/start-fault.ts';
import { damagedFiles } from '#appliance/adapters/verify-letters.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { complain, startTool } from '#sync/adapters/program-start.ts';
import { exitCode } from '#sync/core/exit.ts';

const usage = `outpost verify [--config FILE] [--json]

Reads every stored image and report again and compares its digest. The appliance may run meanwhile; nothing is
changed. FILE is /etc/outpost/appliance.json unless given. Exit code 1 when something is damaged.
`;

/** A disk that dies names so many places; the rest is counted. */
const mostPlaces = 10_000;

/** Verifies the data folder; answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const start = await startTool('verify', 'appliance', applianceConfigSchema, usage, args);
  if ('exit' in start) return start.exit;
  const { config, isJson } = start;
  try {
    const counts = { intact: 0, changed: 0, torn: 0, damaged: 0 };
    const places: string[] = [];
    for await (const found of verifySegments(join(config.dataDir, 'segments'))) {
      counts[found.kind] += 1;
      if (found.kind === 'intact') continue;
      const at = 'record' in found ? found.record.recordOffset : found.offset;
      const segment = 'record' in found ? found.record.segment : found.segment;
      if (places.length < mostPlaces) places.push(`${found.kind}: ${segment} at byte ${at}`);
    }
    const files = await damagedFiles(config.dataDir);
    // A torn record was never acknowledged: it is counted, and no damage.
    const isGood = counts.changed + counts.damaged + files.length === 0;
    if (isJson) {
      const summary = { ok: isGood, ...counts, damagedFiles: files, places };
      process.stdout.write(`${JSON.stringify(summary)}\n`);
    } else {
      process.stdout.write(textOf(counts, places, files));
    }
    return isGood ? exitCode.ok : exitCode.no;
  } catch (cause) {
    const why = startFaultOf(cause, config.dataDir);
    return complain(why, why.exit);
  }
}

function textOf(
  counts: Readonly<Record<'intact' | 'changed' | 'torn' | 'damaged', number>>,
  places: readonly string[],
  files: readonly string[],
): string {
  const { intact, changed, torn, damaged } = counts;
  const lines = [
    `${intact} objects are as they came`,
    ...(torn > 0 ? [`${torn} torn records (never acknowledged, kept)`] : []),
    ...(changed + damaged > 0 ? [`${changed + damaged} objects or places are damaged`] : []),
    ...(files.length > 0 ? [`${files.length} files of letters are damaged`] : []),
    ...places,
    ...files.map((name) => `damaged: ${name}`),
  ];
  return `${lines.join('\n')}\n`;
}
