import process from 'node:process';
import { type FoundObject, findObjects, piecesOf } from '#appliance/adapters/estimate-folder.ts';
import { createCodingRates } from '#appliance/intake/coding-level.ts';
import { type EstimatedPack, estimateOf, estimateText } from '#appliance/intake/estimate.ts';
import { type EstimatingRules, estimateStudy } from '#appliance/intake/estimating.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { commandOptions, runCommand } from '#sync/adapters/command-run.ts';
import { complain } from '#sync/adapters/program-start.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { levels } from '#sync/coding/payload.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const usage = `outpost estimate DIR [--rate KBIT] [--level LEVEL] [--json]

What the studies of a folder would cost on the wire: coded, sealed and sent as a box would do it, by study and by
modality. Nothing is sent and nothing is changed.

  --rate KBIT    rate of the link, kbit/s (2000)
  --level LEVEL  ${levels.join(', ')}; default: what the box would choose at this rate
  --json         one JSON object: studies, modalities, total

Exit codes: 0 done, 1 no DICOM file found, 64 usage, 75 the folder cannot be read.
`;

/** Payload at which a pack of a box closes unless its config says otherwise, bytes. */
const targetBytes = 8 * 1024 * 1024;

/** The `outpost estimate` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('estimate', {
    args: [...args],
    allowPositionals: true,
    options: {
      rate: { type: 'string', default: '2000' },
      level: { type: 'string' },
      ...commandOptions,
    },
  });
  return runCommand(line, {
    usage,
    orderOf: ({ values, positionals: [dir, ...more] }) => {
      const level = levels.find((each) => each === values.level);
      const linkBytesPerS = (Number(values.rate) * 1_000) / 8;
      const isWrong = level === undefined && values.level !== undefined;
      if (dir === undefined || more.length > 0 || !(linkBytesPerS > 0) || isWrong) return undefined;
      return { dir, rules: { targetBytes, linkBytesPerS, codingMax, level } };
    },
    run: estimate,
  });
}

interface Order {
  readonly dir: string;
  readonly rules: EstimatingRules;
}

async function estimate({ dir, rules }: Order, isJson: boolean): Promise<ExitCode> {
  const packs = await packsOf(dir, rules);
  if (packs.length === 0) {
    const message = `There is no DICOM file in ${sanitize(dir)}`;
    return complain({ message, next: 'Name another folder' }, exitCode.no);
  }
  const found = estimateOf(packs, rules.linkBytesPerS);
  process.stdout.write(isJson ? `${JSON.stringify(found)}\n` : estimateText(found));
  return exitCode.ok;
}

async function packsOf(dir: string, rules: EstimatingRules): Promise<readonly EstimatedPack[]> {
  let others = 0;
  const objects = await findObjects(dir, () => {
    others += 1;
  });
  const rates = createCodingRates();
  const progress = showProgress(objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const packs: EstimatedPack[] = [];
  for (const own of Map.groupBy(objects, studyAndModality).values()) {
    const [first] = own;
    if (!first) continue;
    const study = estimateStudy(first, rules, rates, systemClock);
    for (const object of own) {
      for await (const { bytes, from, isLast, areas } of piecesOf(object, targetBytes)) {
        study.add({ range: { bytes, from, areas }, isLast });
        progress.add(bytes.length);
      }
    }
    packs.push(...study.end().map((pack) => ({ ...pack, modality: first.modality })));
  }
  progress.end();
  if (others > 0) process.stderr.write(`${others} file(s) are not DICOM and were left out\n`);
  return packs;
}

function studyAndModality({ studyInstanceUid, modality }: FoundObject): string {
  return `${studyInstanceUid} ${modality}`;
}

/** A bar on a terminal, nothing in a pipe. */
function showProgress(totalBytes: number) {
  const { stderr } = process;
  const width = 30;
  let doneBytes = 0;
  return {
    add: (bytes: number): void => {
      doneBytes += bytes;
      if (!stderr.isTTY) return;
      const filled = Math.floor((width * doneBytes) / Math.max(1, totalBytes));
      const bar = `${'#'.repeat(filled)}${'.'.repeat(width - filled)}`;
      const [done, all] = [doneBytes, totalBytes].map((each) => (each / 1e6).toFixed(1));
      stderr.write(`\r[${bar}] ${done} of ${all} MB`);
    },
    end: (): void => {
      if (stderr.isTTY) stderr.write(`\r${' '.repeat(70)}\r`);
    },
  };
}
