import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import { passage } from '#sync/core/failpoint.ts';
import {
  type FoundEntry,
  type ImportRules,
  type ImportStep,
  keyOf,
  planImport,
  type SeenEntry,
} from '../media/import-plan.ts';
import type { ImportTally } from '../media/import-tally.ts';
import { type ImportFilePorts, type ImportOutcome, importFile } from './import-file.ts';
import { listImports, shapeOf } from './import-listing.ts';
import { rejectedName, setAside } from './import-rejected.ts';
import { watchFolder } from './watched-folder.ts';

export interface ImportPorts extends ImportFilePorts {
  readonly tally: ImportTally;
}

/**
 * Takes DICOM files from `dir` until `signal`, by the rules of `planImport`. A file is removed once its copy is
 * durable; what cannot be taken goes to `rejected/` with a line that says why. One file never stops the others.
 */
export async function importFolder(
  dir: string,
  rules: ImportRules,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<void> {
  await watchFolder<SeenEntry>(
    { dir, depth: 8 },
    ports.clock,
    signal,
    (before) => look(dir, rules, ports, before, signal),
    (cause) => warn(ports, cause),
  );
}

/** One look, and what follows from it. The answer is how each entry that is left looks now. */
async function look(
  dir: string,
  rules: ImportRules,
  ports: ImportPorts,
  before: ReadonlyMap<string, SeenEntry>,
  signal: AbortSignal,
): Promise<Map<string, SeenEntry>> {
  const nowMs = ports.clock.nowMs();
  const found = await listImports(dir, rejectedName);
  const { seen, steps } = planImport(found, before, nowMs, rules);
  for (const step of steps) {
    if (signal.aborted) break;
    const key = keyOf(step.entry);
    const known = seen.get(key) ?? { shape: step.entry.shape, sinceMs: nowMs };
    try {
      const isRested = nowMs - known.sinceMs >= rules.patienceMs;
      const outcome = await settle(dir, step, isRested, ports);
      if (outcome === 'gone') seen.delete(key);
      if (outcome === 'doubtful') seen.set(key, { ...known, mark: 'doubtful' });
    } catch (cause) {
      // Taken or not, it stays where it is: trying at every look would fill the disk with copies.
      seen.set(key, { ...known, mark: 'done' });
      warn(ports, cause);
    }
  }
  ports.tally.waiting(seen.size);
  return seen;
}

/** `gone`: nothing is left of it in the folder. */
async function settle(
  dir: string,
  step: ImportStep,
  isRested: boolean,
  ports: ImportPorts,
): Promise<'gone' | 'later' | 'doubtful'> {
  const { entry } = step;
  const path = join(dir, ...entry.path);
  const outcome = await outcomeOf(path, step, isRested, ports);
  if (outcome === 'later' || outcome === 'doubtful') return outcome;
  if (typeof outcome === 'object') {
    await setAside(dir, path, outcome.reject, ports.clock.nowMs());
    ports.tally.rejected();
    ports.log.warn('appliance/import-rejected');
    return 'gone';
  }
  passage('box-import/stored');
  if (step.do === 'take') ports.tally.taken();
  if (!(await isUnchanged(path, entry))) return 'later';
  await rm(path, { force: true });
  passage('box-import/removed');
  return 'gone';
}

async function outcomeOf(
  path: string,
  step: ImportStep,
  isRested: boolean,
  ports: ImportPorts,
): Promise<ImportOutcome> {
  if (step.do === 'refuse') return { reject: step.reason };
  if (step.do === 'forget') return 'stored';
  const { shape } = step.entry;
  return importFile({ path, shape, isFromMedium: step.isFromMedium, isRested }, ports);
}

/** Another file that took the name meanwhile is not the one that is stored. */
async function isUnchanged(path: string, { shape }: FoundEntry): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  return stat !== undefined && shapeOf(stat) === shape;
}

function warn({ log }: ImportPorts, cause: unknown): void {
  const reason = errorCode(cause) ?? 'unknown';
  log.warn('appliance/import-folder', { reason });
}
