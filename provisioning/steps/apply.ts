import { chmod, lchown, lstat, mkdir, readdir, rename, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { Machine } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import type { Ids } from '../plan/plan.ts';
import type { OwnerGroup, Resource, Step } from '../plan/resources.ts';
import type { Run } from '../ports.ts';
import { runOutpostCommand } from './command.ts';
import { replaceFile } from './file.ts';

export type StepFault = Fault<'setup/step-failed'>;

/**
 * Does one step of a plan. Each leaves the machine as before or as wanted, so a run that was cut short is repeated;
 * what it made is durable on return. The value is what a command has to say to the engineer, else empty.
 */
export async function applyStep(
  { resource }: Step,
  machine: Machine,
  ids: Ids,
  run: Run,
): Promise<Result<string, StepFault>> {
  try {
    return await apply(resource, machine, ids, run);
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause));
  }
}

async function apply(
  resource: Resource,
  machine: Machine,
  ids: Ids,
  run: Run,
): Promise<Result<string, StepFault>> {
  const at = (path: string): string => below(machine.root, path);
  switch (resource.kind) {
    case 'folder': {
      const { path, mode } = resource;
      await mkdir(at(path), { recursive: true, mode: 0o755 });
      await give(at(path), resource, machine, ids);
      // After the owner: a change of owner clears the group bit.
      await chmod(at(path), mode);
      return ok('');
    }
    case 'file': {
      const { path, text, mode } = resource;
      if (text === undefined) return failed(`the content of ${path} is not known yet`);
      await replaceFile(at(path), text, mode, (temporary) =>
        give(temporary, resource, machine, ids),
      );
      return ok('');
    }
    case 'link':
      await replaceLink(at(resource.path), resource.target);
      return ok('');
    case 'accounts': {
      const root = machine.root === '/' ? [] : [`--root=${machine.root}`];
      return outcome(await run(['systemd-sysusers', ...root, at(resource.path)]));
    }
    case 'tree':
      await giveTree(at(resource.path), ids(resource.owner), machine);
      return ok('');
    case 'command': {
      const ran = await runOutpostCommand(resource.args, machine, run);
      for (const { path, owner } of resource.trees) {
        await giveTree(at(path), ids(owner), machine);
      }
      return outcome(ran);
    }
    case 'service':
      await run(['systemctl', 'daemon-reload']);
      return outcome(await run(['systemctl', 'restart', resource.unit]));
  }
}

async function give(
  path: string,
  { owner, group }: { readonly owner: OwnerGroup; readonly group: OwnerGroup },
  { isRoot }: Machine,
  ids: Ids,
): Promise<void> {
  if (isRoot) await lchown(path, ids(owner), ids(group));
}

/** Links are not followed: the owner of a folder must not make root give away another's files. */
async function giveTree(folder: string, id: number, machine: Machine): Promise<void> {
  if (!machine.isRoot) return;
  const found = await lstat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await lchown(path, id, id);
    if (entry.isDirectory()) await giveTree(path, id, machine);
  }
}

async function replaceLink(path: string, target: string): Promise<void> {
  const temporary = join(dirname(path), `.outpost-link.${process.pid}`);
  await unlink(temporary).catch(() => undefined);
  await symlink(target, temporary);
  await rename(temporary, path);
}

function outcome(ran: {
  readonly code: number;
  readonly output: string;
  readonly complaint: string;
}): Result<string, StepFault> {
  return ran.code === 0 ? ok(ran.output) : failed((ran.complaint || ran.output).trim());
}

function failed(reason: string): Result<string, StepFault> {
  return fail(
    fault('setup/step-failed', reason, 'Correct the cause and run setup again: it goes on here'),
  );
}
