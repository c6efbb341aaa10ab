import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { errorCode } from '#sync/core/error-code.ts';
import { exitCode } from '#sync/core/exit.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { askAnswers, askYes } from './facts/ask.ts';
import { readAcceptedDevices } from './facts/devices.ts';
import { readKeyFacts } from './facts/keys.ts';
import { readMachine } from './facts/machine.ts';
import { observe } from './facts/observe.ts';
import { type Answers, boxOf, parseAnswers } from './plan/answers.ts';
import { answersPath, desiredOf } from './plan/desired.ts';
import { pairArgs } from './plan/pair-args.ts';
import { below } from './plan/paths.ts';
import { idsOf, planOf } from './plan/plan.ts';
import { inTheWayOf, preflightOf } from './plan/preflight.ts';
import type { Step } from './plan/resources.ts';
import { planText } from './plan/show.ts';
import type { Finding } from './ports.ts';
import { applyStep } from './steps/apply.ts';
import { runOutpostCommand } from './steps/command.ts';
import { type Converged, converge, type View } from './steps/converge.ts';
import { takeLock } from './steps/lock.ts';
import { runProcess } from './steps/process.ts';
import { uninstall } from './steps/uninstall.ts';
import { check, echoByHand } from './verify/check.ts';

const help = `provisioning/setup.sh [COMMAND] [OPTIONS]

Makes a Debian machine an Outpost box, a center with its relay, or both.

  run        plan, show, apply, and prove with a C-ECHO (the command when none is named); a second run changes nothing
  plan       show every step with its reason and every change of a file; changes nothing
  check      is this machine still right? files, units, firewall, zones, C-ECHO; changes nothing
  pair ...   (--root before it) the steps of "outpost pair" that a person does: confirm --words "...", card, grant, list, ...
  uninstall  remove services, firewall and command; data, keys, configs and accounts stay, and are listed

  --answers FILE  answers as JSON (docs/setup.md); else those of the last run; else run and plan ask questions
  --root DIR      take DIR as the top of the file system. The accounts are made in DIR/etc/passwd, nothing is started,
                  the firewall is not loaded, and no account, service or rule of this machine is touched. With root,
                  files get their owners by number, and the programs can be started from DIR by hand; without root,
                  owners are left out: good for looking, not for running.
  --yes           do not ask before applying

Exit codes: 0 done, or nothing to do; 10 done but something waits (pairing), or plan has steps; 20 refused before any
change; 30 a step or a probe failed, safe to run again; 40 ended by the user; 60 no root, or another setup runs; 64 usage.
`;

const setupExit = { deferred: 10, refused: 20, failed: 30, aborted: 40, locked: 60 } as const;

interface Call {
  readonly root: string;
  readonly answersFile: string | undefined;
  readonly isYes: boolean;
  readonly rest: readonly string[];
}

/** The setup command; answers with its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const pairAt = args.indexOf('pair');
  const line = parseCommandLine('setup', {
    args: pairAt < 0 ? [...args] : args.slice(0, pairAt),
    allowPositionals: true,
    options: {
      root: { type: 'string', default: '/' },
      answers: { type: 'string' },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok)
    return complain(`${line.fault.message}. Run provisioning/setup.sh --help.`, exitCode.usage);
  const { values, positionals } = line.value;
  const [command = pairAt < 0 ? 'run' : 'pair', ...more] = positionals;
  if (values.help || more.length > 0 || !Object.hasOwn(commands, command)) {
    (values.help ? process.stdout : process.stderr).write(help);
    return values.help ? exitCode.ok : exitCode.usage;
  }
  const root = resolve(values.root);
  if (root !== '/' && !/^(\/[A-Za-z0-9._-]+)+$/.test(root)) {
    return complain(
      'Cannot use --root: letters, digits, ".", "_", "-" and "/" only.',
      exitCode.usage,
    );
  }
  const call = {
    root,
    answersFile: values.answers,
    isYes: values.yes,
    rest: args.slice(pairAt + 1),
  };
  const answers = await readAnswers(call, command === 'run' || command === 'plan');
  if (!answers.ok) {
    const isLeft = answers.fault.kind === 'setup/left';
    const code = isLeft ? setupExit.aborted : setupExit.refused;
    return complain(`${answers.fault.message}\n${answers.fault.next}.`, code);
  }
  return (commands[command] ?? runSetup)(call, answers.value);
}

type Command = (call: Call, answers: Answers) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  plan: showPlan,
  run: runSetup,
  check: runCheck,
  pair: runPair,
  uninstall: runUninstall,
};

async function showPlan({ root }: Call, answers: Answers): Promise<number> {
  const view = await lookAt(root, answers);
  const steps = planOf(answers, view.machine, view.observed);
  const preflight = preflightOf(answers, view.machine, steps);
  process.stdout.write(planText(steps, preflight));
  if (preflight.faults.length > 0) return setupExit.refused;
  return steps.length > 0 ? setupExit.deferred : exitCode.ok;
}

async function runSetup(call: Call, answers: Answers): Promise<number> {
  const view = await lookAt(call.root, answers);
  const steps = planOf(answers, view.machine, view.observed);
  const preflight = preflightOf(answers, view.machine, steps);
  const isAsked = !call.isYes && process.stdin.isTTY && steps.some(({ when }) => when === 'now');
  process.stdout.write(planText(isAsked ? steps : [], preflight, true));
  if (preflight.faults.length > 0) {
    return call.root === '/' && !view.machine.isRoot ? setupExit.locked : setupExit.refused;
  }
  if (isAsked && !(await askYes('Apply these steps?'))) {
    return complain('Ended. Nothing was changed.', setupExit.aborted);
  }
  return locked(call.root, async () => {
    const look = (): Promise<View> => lookAt(call.root, answers);
    const converged = await converge(answers, look, runProcess, tellStep);
    // The last line on the screen is where somebody pulls the plug, to carry the box away.
    if (converged.done > 0) await runProcess(['sync']);
    process.stdout.write(outcomeText(converged));
    if (converged.failure !== undefined) {
      return complain(`Setup is not done: ${converged.failure}.`, setupExit.failed);
    }
    if (converged.done > 0 && !(await prove(answers, (await look()).machine)))
      return setupExit.failed;
    return converged.left.length > 0 ? setupExit.deferred : exitCode.ok;
  });
}

/** After a change: the services answer, or the box's program does when it is started by hand. */
async function prove(answers: Answers, machine: View['machine']): Promise<boolean> {
  if (!boxOf(answers)) return true;
  const isLive = machine.root === '/' && machine.hasSystemd;
  const findings = isLive
    ? (await check(answers, machine, [], runProcess)).filter(({ name }) =>
        name.startsWith('C-ECHO'),
      )
    : [await echoByHand(answers, machine)];
  process.stdout.write(findingsText(findings));
  return findings.every(({ outcome }) => outcome !== 'failed');
}

async function runCheck({ root }: Call, answers: Answers): Promise<number> {
  const { machine, observed } = await lookAt(root, answers);
  const findings = await check(answers, machine, planOf(answers, machine, observed), runProcess);
  process.stdout.write(findingsText(findings));
  return findings.some(({ outcome }) => outcome === 'failed') ? setupExit.failed : exitCode.ok;
}

/** The words of pairing are typed by a person; what the command leaves goes to the accounts of the programs. */
async function runPair(call: Call, answers: Answers): Promise<number> {
  const { machine, observed } = await lookAt(call.root, answers);
  const inTheWay = inTheWayOf(planOf(answers, machine, observed));
  if (inTheWay.length > 0) return complain(inTheWay.join('\n'), setupExit.refused);
  if (call.root === '/' && !machine.isRoot) {
    return complain('Cannot pair without root. Run it with sudo.', setupExit.locked);
  }
  return locked(call.root, async () => {
    const ran = await runOutpostCommand(pairArgs(answers, call.rest), machine, runProcess);
    process.stdout.write(ran.output);
    process.stderr.write(ran.complaint);
    const after = await lookAt(call.root, answers);
    const trees = planOf(answers, after.machine, after.observed).filter(
      ({ resource }) => resource.kind === 'tree',
    );
    for (const step of trees) {
      const applied = await applyStep(step, machine, idsOf(answers, machine), runProcess);
      if (!applied.ok) return complain(applied.fault.message, setupExit.failed);
    }
    return ran.code;
  });
}

async function runUninstall(call: Call, answers: Answers): Promise<number> {
  const { machine, observed } = await lookAt(call.root, answers);
  const inTheWay = inTheWayOf(planOf(answers, machine, observed));
  if (inTheWay.length > 0) return complain(inTheWay.join('\n'), setupExit.refused);
  if (call.root === '/' && !machine.isRoot) {
    return complain('Cannot uninstall without root. Run it with sudo.', setupExit.locked);
  }
  if (!call.isYes && process.stdin.isTTY && !(await askYes('Remove the services of Outpost?'))) {
    return complain('Ended. Nothing was changed.', setupExit.aborted);
  }
  return locked(call.root, async () => {
    const removed = await uninstall(answers, machine, runProcess);
    const lines = removed.map((path) => `removed ${path}\n`).join('');
    process.stdout.write(
      `${lines}${removed.length === 0 ? 'Nothing was left to remove.\n' : ''}${stays}`,
    );
    return exitCode.ok;
  });
}

const stays = `These stay:
  /var/lib/outpost   studies, reports, sealed packs, and the keys without which nobody can open them
  /etc/outpost       configs and answers: "setup.sh run" puts everything back
  the accounts outpost-* and the group outpost-spool, which own the data
`;

async function lookAt(root: string, answers: Answers): Promise<View> {
  const software = { node: process.execPath, checkout: resolve(import.meta.dirname, '..') };
  const keys = await readKeyFacts(root, answers);
  const acceptedDevices = boxOf(answers) ? await readAcceptedDevices(root) : [];
  const machine = { ...(await readMachine(root, software, process.env)), keys, acceptedDevices };
  const ids = idsOf(answers, machine);
  return {
    machine,
    observed: await observe(desiredOf(answers, machine), machine, ids, runProcess),
  };
}

/** What looks at a machine, or takes things away, asks no questions about it. */
async function readAnswers(
  { root, answersFile }: Call,
  mayAsk: boolean,
): Promise<Result<Answers, Fault>> {
  const stored = below(root, answersPath);
  const text = await readFile(answersFile ?? stored, 'utf8').catch((cause: Error) => cause);
  if (typeof text === 'string') return parseAnswers(text);
  if (errorCode(text) === 'EACCES') {
    return fail(
      fault('setup/no-root', 'Cannot read the answers of this machine', 'Run it with sudo'),
    );
  }
  if (answersFile === undefined && mayAsk && process.stdin.isTTY) {
    const asked = await askAnswers();
    if (asked) return ok(asked);
    return fail(fault('setup/left', 'Ended. Nothing was changed.', 'Run setup again'));
  }
  const isNew = answersFile === undefined && errorCode(text) === 'ENOENT';
  return fail(
    fault(
      'setup/no-answers',
      isNew
        ? `No setup has run here: there is no ${stored}`
        : `Cannot read the answers: ${text.message}`,
      'Name a file with --answers FILE, or run "setup.sh run" on a terminal',
    ),
  );
}

async function locked(root: string, work: () => Promise<number>): Promise<number> {
  const lock = await takeLock(root);
  if (typeof lock === 'number') {
    return complain(
      `Another setup is running (process ${lock}). Wait, or end it and run again. Nothing was changed.`,
      setupExit.locked,
    );
  }
  try {
    return await work();
  } finally {
    await lock();
  }
}

function tellStep(step: Step, outcome?: string): void {
  process.stdout.write(outcome === undefined ? `  ${step.what} ... ` : `${outcome}\n`);
}

function outcomeText({ done, left }: Converged): string {
  const waiting = left.flatMap(({ resource }) =>
    resource.kind === 'command' && resource.waitsFor
      ? [`Deferred: ${resource.name} waits for ${resource.waitsFor}. Then run setup again.\n`]
      : [],
  );
  return `${done === 0 ? 'Nothing was changed.' : `${done} changes were made.`}\n${waiting.join('')}`;
}

function findingsText(findings: readonly Finding[]): string {
  return findings
    .map(({ name, outcome, text }) => `${outcome.padEnd(7)} ${name}: ${text}\n`)
    .join('');
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}

process.exitCode = await main(process.argv.slice(2));
