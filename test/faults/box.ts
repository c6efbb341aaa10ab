import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { InstanceList, Status } from '#appliance/api/contract.ts';
import { outpostCommand, type Program, startOutpost, startProgram } from '../demo/program.ts';
import { ask } from '../demo/socket-client.ts';
import { type SentStatus, sendStudy } from '../support/modality.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { type Injection, inject } from './strace.ts';

/** A real appliance whose data folder is where the fault will be; everything else is outside of it. */
export interface FaultBox {
  readonly dataDir: string;
  readonly spoolDir: string;
  readonly socket: string;
  readonly config: string;
  start(env?: Readonly<Record<string, string>>): Promise<RunningBox>;
  /** Starts it with calls that fail from the first one on, until `heal`. */
  startInto(
    t: TestContext,
    injection: Injection,
  ): Promise<RunningBox & { readonly heal: () => Promise<void> }>;
  /** Runs it where it should end by itself: exit code, and all that it said. */
  refused(): Promise<{ readonly code: number | string; readonly said: string }>;
  status(): Promise<Status | undefined>;
  instances(): Promise<InstanceList['instances']>;
}

export interface RunningBox {
  readonly program: Program;
  readonly pid: number;
  /** One association; one status an object. */
  send(study: readonly SyntheticInstance[]): Promise<readonly SentStatus[]>;
}

export interface BoxPlace {
  /** Folder of data and spool; default: one of its own. */
  readonly on?: string;
  readonly config?: object;
}

export async function makeBox(t: TestContext, place: BoxPlace = {}): Promise<FaultBox> {
  const outside = await mkdtemp(join(tmpdir(), 'outpost-fault-'));
  const programs = new Set<Program>();
  t.after(async () => {
    await Promise.all([...programs].map((program) => program.stop('SIGKILL')));
    if (process.env['OUTPOST_KEEP'] !== undefined) t.diagnostic(`kept: ${outside}`);
    else await rm(outside, { recursive: true, force: true, maxRetries: 5 });
  });
  const on = place.on ?? join(outside, 'disk');
  await mkdir(on, { recursive: true });
  const dataDir = join(on, 'data');
  const spoolDir = join(on, 'spool');
  const socket = join(outside, 'box.sock');
  const config = join(outside, 'appliance.json');
  await writeFile(
    config,
    JSON.stringify({
      format: 1,
      siteName: 'DEMO CLINIC',
      boxName: 'box 1',
      dataDir,
      spoolDir,
      socket,
      zones: 'off',
      quietS: 1,
      reserveBytes: 0,
      dicom: { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: 'any' },
      ...place.config,
    }),
  );

  function launch(name: string, env: Readonly<Record<string, string>> = {}): Program {
    const args = ['appliance', '--config', config];
    const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'outpost-compiled') };
    const program = startOutpost(name, args, outside, 'node', { ...compiled, ...env });
    programs.add(program);
    return program;
  }

  return {
    dataDir,
    spoolDir,
    socket,
    config,
    start: async (env) => {
      const program = launch('appliance', env);
      const { port } = await program.ready;
      return { program, pid: program.pid ?? 0, send: (study) => send(Number(port), study) };
    },
    startInto: async (t, injection) => {
      // It stops itself before it becomes the program, so that no call is missed.
      const command = outpostCommand(['appliance', '--config', config]);
      const args = ['-c', 'kill -STOP $$; exec "$@"', 'sh', ...command];
      const program = startProgram('appliance', 'sh', args, outside);
      programs.add(program);
      const pid = program.pid ?? 0;
      await until('it stops', 60_000, async () =>
        (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') T ') ? true : undefined,
      );
      const heal = await inject(t, pid, injection);
      process.kill(pid, 'SIGCONT');
      const { port } = await program.ready;
      return { program, pid, send: (study) => send(Number(port), study), heal };
    },
    refused: async () => {
      const program = launch('refused');
      const code = await program.ended;
      return { code, said: await readFile(join(outside, 'refused.log'), 'utf8') };
    },
    status: () => ask<Status>(socket, '/v1/status'),
    instances: async () => (await ask<InstanceList>(socket, '/v1/instances'))?.instances ?? [],
  };
}

function send(port: number, study: readonly SyntheticInstance[]): Promise<readonly SentStatus[]> {
  return sendStudy(
    { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' },
    study.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(30_000), timeoutMs: 10_000 },
  );
}

/** `stored`, `A700` and the like, or why nothing was sent: how a test names what a modality was told. */
export function told(statuses: readonly SentStatus[]): readonly string[] {
  return statuses.map((each) => {
    if (each.kind === 'refused') return each.status.toString(16).toUpperCase();
    return each.kind === 'stored' ? 'stored' : each.why;
  });
}

/** Codes of the alarms that stand, as the screen gets them. */
export async function alarms(box: FaultBox): Promise<readonly string[]> {
  return (await box.status())?.alerts.map(({ code }) => code) ?? [];
}
