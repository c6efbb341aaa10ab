import { exportStored } from '#appliance/adapters/export-folder.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { complain, systemFaultOf } from '#sync/adapters/program-start.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';

const usage = `outpost export STUDY --to DIR [--config FILE] [--json]
outpost export --all --to DIR [--config FILE] [--json]

Writes what is stored as plain DICOM files (Part 10), byte for byte, below DIR: patient, study, series, image. STUDY is
a Study Instance UID. The appliance may run meanwhile; nothing of it is changed. Run again, it goes on where it stopped.
DIR/SHA256SUMS proves every file (sha256sum -c SHA256SUMS), DIR/manifest.csv says what each is. What a supervisor
rejected lies under DIR/_rejected, what no longer is as it came under DIR/_damaged.

Exit codes: 0 done, 1 something is damaged or there is no such study, 64 usage, 75 the disk, 78 unusable config.
`;

/** The `outpost export` command. */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('export', {
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      to: { type: 'string' },
      config: { type: 'string', default: '/etc/outpost/appliance.json' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  if (values.help) {
    process.stdout.write(usage);
    return exitCode.ok;
  }
  const [study, ...more] = positionals;
  if (values.to === undefined || more.length > 0 || (study === undefined) !== values.all) {
    process.stderr.write(usage);
    return exitCode.usage;
  }
  const config = await readConfig('appliance', applianceConfigSchema, values.config);
  if (!config.ok) return complain(config.fault, exitCode.config);
  try {
    const counts = await exportStored(config.value.dataDir, values.to, study);
    const isGood = counts.damaged === 0 && (values.all || counts.exported + counts.known > 0);
    process.stdout.write(
      values.json ? `${JSON.stringify({ ok: isGood, ...counts })}\n` : textOf(counts),
    );
    return isGood ? exitCode.ok : exitCode.no;
  } catch (cause) {
    return complain(systemFaultOf(cause), exitCode.temporary);
  }
}

function textOf(counts: Awaited<ReturnType<typeof exportStored>>): string {
  const { exported, known, damaged, bytes } = counts;
  if (exported + known + damaged === 0) return 'Nothing was found to export\n';
  const lines = [
    `${exported} image(s) written, ${Math.round(bytes / 1_000_000)} MB`,
    ...(known > 0 ? [`${known} image(s) were there already`] : []),
    ...(damaged > 0 ? [`${damaged} image(s) are damaged: see _damaged`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
