import { stat } from 'node:fs/promises';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { commandOptions, runCommand } from '#sync/adapters/command-run.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { sourceOfRelay } from '#sync/adapters/courier-relay-store.ts';
import { centerOfSpool, courierSpool, sourceOfSpool } from '#sync/adapters/courier-spool-folder.ts';
import { prepareStick, stickAt } from '#sync/adapters/courier-stick-folder.ts';
import { ownFolder } from '#sync/adapters/folder-owner.ts';
import { complain } from '#sync/adapters/program-start.ts';
import { agentConfigSchema } from '#sync/agent/config.ts';
import { parseLimit } from '#sync/agent/courier.ts';
import { type Exported, exportPacks, type Progress } from '#sync/agent/courier-export.ts';
import { type Imported, importPacks } from '#sync/agent/courier-import.ts';
import { exportText, importText, progressLine } from '#sync/agent/courier-text.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { relayConfigSchema } from '#sync/relay/config.ts';
import type { PackClass } from '#sync/seal/header.ts';

const usage = `outpost courier export --to DIR [--class N] [--limit SIZE] [--center NAME] [--mailbox ID] [--folder]
                       [--relay]
outpost courier import --from DIR [--clear]
                       [--config FILE] [--json]

Carries sealed packs on a stick when the link is dead; DIR is where the stick is mounted, and only its folder OUTPOST
is used. Run it as the user of the agent (sudo -u outpost-agent), whether the agent runs or not.

export  copies what waits to be sent, to whichever center, the most urgent first, and reads it back. Nothing leaves
        the queue: the link may go on beside. --class: only this class and the more urgent ones (0 STAT, 1 reports and
        receipts, 2 data, 3 priors). --limit: so many bytes more (4G). --center: at a box with several, only what is for
        this one, by its code or name. --mailbox: only for this mailbox. --folder: DIR is an ordinary folder. --relay: as the user of a relay, from its store: the answers to whoever filled the stick.
import  takes what is sealed to this machine, by whichever center, and refuses each file that is not whole, with the
        reason. --clear removes from the stick what is safe here.

Pull the stick when the command has ended. Pulled before: put it back and run the command again.
FILE is /etc/outpost/agent.json (with --relay /etc/outpost/relay.json) unless given.
Exit codes: 0 done, 1 something was refused or had no room, 64 usage, 65 DIR is no stick, 69 another courier works,
75 the stick or the disk broke off, 78 unusable config.
`;

/** The `outpost courier` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('courier', {
    args: [...args],
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      from: { type: 'string' },
      class: { type: 'string', default: '3' },
      limit: { type: 'string', default: '999999G' },
      center: { type: 'string' },
      mailbox: { type: 'string' },
      folder: { type: 'boolean', default: false },
      relay: { type: 'boolean', default: false },
      clear: { type: 'boolean', default: false },
      config: { type: 'string' },
      ...commandOptions,
    },
  });
  return runCommand(line, {
    usage,
    orderOf: ({ values, positionals: [verb, ...more] }) =>
      more.length > 0 ? undefined : orderOf(verb, values),
    run: carry,
  });
}

interface Values {
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly class: string;
  readonly limit: string;
  readonly center?: string | undefined;
  readonly mailbox?: string | undefined;
  readonly folder: boolean;
  readonly relay: boolean;
  readonly clear: boolean;
  readonly config?: string | undefined;
}

interface Order {
  readonly verb: 'export' | 'import';
  readonly dir: string;
  readonly program: 'agent' | 'relay';
  readonly configPath: string;
  readonly lastClass: PackClass;
  readonly limitBytes: number;
  readonly center: string | undefined;
  readonly mailbox: string | undefined;
  readonly isFolder: boolean;
  readonly isClearing: boolean;
}

function orderOf(verb: string | undefined, values: Values): Order | undefined {
  const isExport = verb === 'export';
  if (!isExport && verb !== 'import') return undefined;
  const dir = isExport ? values.to : values.from;
  const isOther = (isExport ? values.from : values.to) !== undefined;
  const isOfExport =
    values.relay || values.folder || (values.mailbox ?? values.center) !== undefined;
  // A relay keeps mailboxes and knows no center by its name.
  if (values.center !== undefined && (values.relay || values.mailbox !== undefined))
    return undefined;
  if (!dir || isOther || (isExport ? values.clear : isOfExport)) return undefined;
  const limitBytes = parseLimit(values.limit);
  const lastClass = ([0, 1, 2, 3] as const).find((each) => String(each) === values.class);
  const isMailbox = values.mailbox === undefined || /^[0-9a-f]{32}$/.test(values.mailbox);
  if (limitBytes === undefined || lastClass === undefined || !isMailbox) return undefined;
  const program = values.relay ? 'relay' : 'agent';
  return {
    ...{ verb, dir, program, lastClass, limitBytes },
    ...{ mailbox: values.mailbox, center: values.center },
    configPath: values.config ?? `/etc/outpost/${program}.json`,
    isFolder: values.folder,
    isClearing: values.clear,
  };
}

async function carry(order: Order, isJson: boolean): Promise<ExitCode> {
  const place = await placeOf(order);
  if (!place.ok) return complain(place.fault, exitCode.config);
  const user = await checkUser(place.value.dataDir);
  if (!user.ok) return complain(user.fault, exitCode.usage);
  const owner = await ownFolder(place.value.dataDir, 'courier.sock');
  if (!owner.ok) return complain(owner.fault, exitCode.unavailable);
  const bar = createBar(process.stderr);
  try {
    const { spoolDir } = place.value;
    const isImport = order.verb === 'import' && spoolDir !== undefined;
    const outcome = isImport
      ? asOutcome(
          await importPacks(
            { stick: stickAt(order.dir), spool: courierSpool(spoolDir), onProgress: bar.show },
            order.isClearing,
          ),
          importText,
          isImportGood,
        )
      : asOutcome(await writeOut(order, place.value, bar.show), exportText, isExportGood);
    bar.end();
    if (!outcome.ok) return complain(outcome.fault, exitOf(outcome.fault));
    process.stdout.write(isJson ? outcome.value.json : outcome.value.text);
    return outcome.value.exit;
  } finally {
    bar.end();
    await owner.value.release();
  }
}

interface Place {
  readonly dataDir: string;
  /** A relay has none. */
  readonly spoolDir: string | undefined;
}

async function placeOf({ program, configPath }: Order): Promise<Result<Place, Fault>> {
  if (program === 'agent') return readConfig('agent', agentConfigSchema, configPath);
  const config = await readConfig('relay', relayConfigSchema, configPath);
  return config.ok ? ok({ dataDir: config.value.dataDir, spoolDir: undefined }) : config;
}

/** Files of another user would lie in the spool for good: nobody there may remove them. */
async function checkUser(dataDir: string): Promise<Result<void, Fault>> {
  const { uid } = await stat(dataDir);
  if (process.getuid?.() === uid) return ok(undefined);
  const next = `Run it as the user with the number ${uid}: sudo -u '#${uid}' outpost courier ...`;
  return fail(
    fault('courier/wrong-user', `Cannot work as this user: "${dataDir}" belongs to another`, next),
  );
}

async function writeOut(
  order: Order,
  { dataDir, spoolDir }: Place,
  onProgress: (progress: Progress) => void,
): Promise<Result<Exported, Fault>> {
  const { center } = order;
  const only =
    spoolDir === undefined || center === undefined
      ? ok(undefined)
      : await centerOfSpool(spoolDir, center);
  if (!only.ok) return only;
  const ready = await prepareStick(order.dir, order.isFolder ? undefined : dataDir);
  if (!ready.ok) return ready;
  const own = spoolDir === undefined ? undefined : await courierSpool(spoolDir).ownMailboxes();
  const source =
    spoolDir === undefined ? await sourceOfRelay(dataDir) : sourceOfSpool(spoolDir, only.value);
  const { mailbox, lastClass, limitBytes } = order;
  return exportPacks(
    { source, stick: stickAt(order.dir), onProgress },
    {
      ...{ mailbox, lastClass, limitBytes, isRelay: spoolDir === undefined },
      answerTo: own?.ok ? own.value : [],
    },
  );
}

interface Outcome {
  readonly text: string;
  readonly json: string;
  readonly exit: ExitCode;
}

function asOutcome<T extends { readonly stopped: Fault | undefined }>(
  result: Result<T, Fault>,
  textOf: (report: T) => string,
  isGood: (report: T) => boolean,
): Result<Outcome, Fault> {
  if (!result.ok) return result;
  const { stopped, ...report } = result.value;
  const told = stopped && { kind: stopped.kind, message: stopped.message, next: stopped.next };
  const isOk = stopped === undefined && isGood(result.value);
  return ok({
    text: textOf(result.value),
    json: `${JSON.stringify({ ok: isOk, ...report, ...(told && { stopped: told }) })}\n`,
    exit: stopped !== undefined ? exitOf(stopped) : isOk ? exitCode.ok : exitCode.no,
  });
}

function isExportGood({ refused, leftOut }: Exported): boolean {
  return refused.length + leftOut.length === 0;
}

function isImportGood({ refused, noRoom, missing }: Imported): boolean {
  return refused.length + noRoom.length + missing.length === 0;
}

function exitOf({ kind, retry }: Fault): ExitCode {
  if (kind === 'courier/stick-full') return exitCode.no;
  if (kind === 'courier/which-center') return exitCode.usage;
  if (retry !== 'never') return exitCode.temporary;
  return exitCode.data;
}

/** Shows how far it is on a terminal, a few times a second; a file or a pipe gets nothing. */
function createBar(stream: NodeJS.WriteStream) {
  const startMs = systemClock.monotonicMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress: Progress) {
      const nowMs = systemClock.monotonicMs();
      const isLast = progress.bytes >= progress.ofBytes;
      if (!stream.isTTY || (nowMs - shownMs < 200 && !isLast)) return;
      shownMs = nowMs;
      stream.write(`\r${progressLine(progress, nowMs - startMs)}\u001b[K`);
    },
    end() {
      if (stream.isTTY && shownMs > 0) stream.write('\n');
      shownMs = Number.NEGATIVE_INFINITY;
    },
  };
}
