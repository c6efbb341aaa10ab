import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type LinkProxy, openLinkProxy } from './link-proxy.ts';
import { outcomeOf, rowsOf } from './outcome.ts';
import { type PacsKind, pacsKinds } from './pacs.ts';
import { stopAll } from './program.ts';
import { walkRoad } from './road.ts';
import { createScreen, type Screen } from './screen.ts';
import { prepareSite, type Site } from './setup.ts';
import { subjectsIn, syntheticSubjects } from './subject.ts';

const help = `npm run demo [-- OPTIONS] [DIR]

Sends a study down the whole road on this machine: modality, box, relay, reading center, PACS, and a report back.
On the way the link is cut and two programs are killed. DIR: send the DICOM files of that folder instead of a
synthetic CT of 60 slices. Zones are off: one user runs everything.

  --json       one JSON object as the last line of the output
  --keep       leave everything running and say how to look at it
  --slices N   slices of the synthetic CT (60)
  --pacs KIND  storescp, orthanc or own (default: the first that is installed)
  --deno-relay run the relay on Deno
`;

interface Options {
  readonly folder: string | undefined;
  readonly json: boolean;
  readonly keep: boolean;
  readonly slices: number;
  readonly pacs: PacsKind | undefined;
  readonly relayRuntime: 'node' | 'deno';
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (!options) {
    process.stderr.write(help);
    return 64;
  }
  const startedMs = performance.now();
  const screen = createScreen(startedMs);
  screen.stage('Outpost demo: zones are off, one user runs every program');
  const root = await mkdtemp(join(tmpdir(), 'outpost-demo-'));
  const stopOnSignal = (): void => {
    void stopAll().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  let isKept = options.keep;
  let link: LinkProxy | undefined;
  try {
    const site = await prepareSite(root);
    link = await openLinkProxy(site.linkPort, site.relayPort, site.linkRecord);
    const isOk = await walk(site, link, options, screen, startedMs);
    isKept ||= !isOk;
    if (options.keep) await keepRunning(site);
    return isOk ? 0 : 1;
  } catch (error) {
    isKept = true;
    process.stderr.write(
      `\nThe demo broke off: ${error instanceof Error ? error.message : error}\n`,
    );
    return 1;
  } finally {
    await stopAll();
    await link?.close();
    if (isKept)
      process.stderr.write(`Everything is kept in ${root} (logs in ${join(root, 'log')})\n`);
    else await rm(root, { recursive: true, force: true });
  }
}

async function walk(
  site: Site,
  link: LinkProxy,
  options: Options,
  screen: Screen,
  startedMs: number,
): Promise<boolean> {
  screen.stage('box and center are paired by files; the eight words agree');
  const folder = options.folder ?? join(site.root, 'modality');
  const found = options.folder
    ? await subjectsIn(options.folder)
    : await syntheticSubjects(folder, options.slices);
  if (found.subjects.length === 0) throw new Error(`There is no DICOM file in ${folder}`);
  const road = await walkRoad(site, link, found.subjects, folder, options, screen);
  screen.stage(
    'looking for plain text in all that the relay and the agents hold and that crossed the link',
  );
  const outcome = await outcomeOf(site, found, road, startedMs);
  screen.table(rowsOf(outcome, road));
  if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  return outcome.ok;
}

async function keepRunning(site: Site): Promise<void> {
  process.stderr.write(
    [
      'Left running; Ctrl+C ends it. Look at it from another terminal:',
      `  npx outpost tui --socket ${site.applianceSocket}`,
      `  npx outpost status --socket ${site.applianceSocket}`,
      `  npx outpost status --socket ${site.centerSocket}`,
      `  PACS folder   ${site.pacsDir}`,
      `  report folder ${site.reportFolder} (drop STUDYUID.txt or .pdf)`,
      `  DICOM         127.0.0.1:${site.dicomPort}, AE title OUTPOST, calling AE title CT1_ROOM`,
      '',
    ].join('\n'),
  );
  await new Promise(() => undefined);
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        slices: { type: 'string', default: '60' },
        pacs: { type: 'string' },
        'deno-relay': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const pacs = pacsKinds.find((kind) => kind === values.pacs);
    const slices = Number(values.slices);
    const isWrong =
      values.help || positionals.length > 1 || (values.pacs && !pacs) || !(slices >= 3);
    if (isWrong) return undefined;
    const [folder] = positionals;
    return {
      folder: folder && resolve(folder),
      json: values.json,
      keep: values.keep,
      slices,
      pacs,
      relayRuntime: values['deno-relay'] ? 'deno' : 'node',
    };
  } catch {
    return undefined;
  }
}
