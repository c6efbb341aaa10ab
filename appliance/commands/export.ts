import { exportStored } from '#appliance/adapters/export-folder.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { commandOptions, runCommand } from '#sync/adapters/command-run.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { complain } from '#sync/adapters/program-start.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';

const usage = `outpost export STUDY --to DIR [--config FILE] [--json]
outpost export --all --to DIR [--config FILE] [--json]

Writes what is stored as plain DICOM files (Part 10), byte for byte, below DIR: patient, study, series, image. STUDY is
a Study Instance UID. The appliance may run meanwhile; nothing of it is changed. Run again, it goes on where it stopped.
DIR/SHA256SUMS proves every file (sha256sum -c SHA256SUMS), DIR/manifest.csv says what each is. What a supervisor
rejected lies under DIR/_rejected, what no longer is as it came under DIR/_damaged.

Exit codes: 0 done, 1 something is damaged or there is no such study, 64 usage, 75 the disk, 78 unusable config.
`;

/** The `outpost export` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('export', {
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      to: { type: 'string' },
      config: { type: 'string', default: '/etc/outpost/appliance.json' },
      ...commandOptions,
    },
  });
  return runCommand(line, {
    usage,
    orderOf: ({ values: { to, all, config }, positionals: [study, ...more] }) =>
      to === undefined || more.length > 0 || (study === undefined) !== all
        ? undefined
        : { to, study, config },
    run: exportFiles,
  });
}

interface Order {
  readonly to: string;
  /** Undefined: all of them. */
  readonly study: string | undefined;
  readonly config: string;
}

async function exportFiles({ to, study, config: path }: Order, isJson: boolean): Promise<ExitCode> {
  const config = await readConfig('appliance', applianceConfigSchema, path);
  if (!config.ok) return complain(config.fault, exitCode.config);
  const counts = await exportStored(config.value.dataDir, to, study);
  const isFound = study === undefined || counts.exported + counts.known > 0;
  const isGood = counts.damaged === 0 && isFound;
  const told = isJson ? `${JSON.stringify({ ok: isGood, ...counts })}\n` : textOf(counts);
  process.stdout.write(told);
  return isGood ? exitCode.ok : exitCode.no;
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
