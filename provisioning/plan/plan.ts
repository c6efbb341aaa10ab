import { accountsOf, spoolGroup } from './accounts.ts';
import type { Answers } from './answers.ts';
import { desiredOf } from './desired.ts';
import { diffLines } from './diff.ts';
import type { Found, Machine, Observed } from './machine.ts';
import type { Owner, OwnerGroup, Resource, Step } from './resources.ts';

type At<K extends Resource['kind']> = Extract<Resource, { kind: K }>;

/** Ids of the owners that resources name. */
export type Ids = (name: OwnerGroup) => number;

/** The steps that make the machine what the answers want, in order; none when it is so already. */
export function planOf(answers: Answers, machine: Machine, observed: Observed): readonly Step[] {
  const ids = idsOf(answers, machine);
  return desiredOf(answers, machine).flatMap((resource) => {
    const step = stepOf(resource, machine, observed, ids);
    return step === undefined ? [] : [step];
  });
}

/** The numbers of all owners, before or after the accounts are made. */
export function idsOf(answers: Answers, machine: Machine): Ids {
  const { users, spoolId } = accountsOf(answers, machine);
  return (name) => {
    if (name === 'root') return 0;
    if (name === spoolGroup) return spoolId;
    const id = users.find((each) => each.name === name)?.id;
    if (id === undefined) throw new Error(`No account ${name} in this role`);
    return id;
  };
}

function stepOf(
  resource: Resource,
  machine: Machine,
  observed: Observed,
  ids: Ids,
): Step | undefined {
  const found = 'path' in resource ? foundAt(observed, resource.path) : undefined;
  if (found?.kind === 'behind a link') {
    return refused(
      resource,
      `cannot use ${found.parent}: it is a link that may lead out of ${machine.root}`,
    );
  }
  switch (resource.kind) {
    case 'folder':
      return folderStep(resource, foundAt(observed, resource.path), machine, ids);
    case 'file':
      return fileStep(resource, foundAt(observed, resource.path), machine, ids);
    case 'link':
      return linkStep(resource, foundAt(observed, resource.path));
    case 'accounts':
      return accountsStep(resource, machine);
    case 'tree':
      return treeStep(resource, machine, observed);
    case 'command':
      return commandStep(resource);
    case 'service':
      return serviceStep(resource, observed);
  }
}

function folderStep(
  resource: At<'folder'>,
  found: Found,
  machine: Machine,
  ids: Ids,
): Step | undefined {
  const { path } = resource;
  const belongs = ownerText(resource);
  if (found.kind === 'absent') return now(resource, `make folder ${path} (${belongs})`);
  if (found.kind !== 'folder')
    return refused(resource, `cannot make folder ${path}: it is a ${found.kind}`);
  const change = ownerChange(resource, found, machine, ids);
  return change === undefined
    ? undefined
    : now(resource, `set folder ${path} to ${belongs}`, [change]);
}

function fileStep(
  resource: At<'file'>,
  found: Found,
  machine: Machine,
  ids: Ids,
): Step | undefined {
  const { path, text } = resource;
  const belongs = ownerText(resource);
  if (text === undefined) {
    // What is there was written in an earlier run; what it waits for is unknown only until the keys are made.
    if (found.kind !== 'absent') return undefined;
    return {
      resource,
      what: `write ${path} (${belongs})`,
      detail: [`waits for ${resource.waitsFor ?? 'an earlier step'}`],
      when: 'later',
    };
  }
  if (found.kind === 'absent') {
    return now(resource, `write ${path} (${belongs})`, diffLines('', text));
  }
  if (found.kind !== 'file')
    return refused(resource, `cannot write ${path}: it is a ${found.kind}`);
  if (found.text !== text) {
    return now(
      resource,
      `change ${path} (the old one is kept as ${path}.old)`,
      diffLines(found.text, text),
    );
  }
  const change = ownerChange(resource, found, machine, ids);
  return change === undefined ? undefined : now(resource, `set ${path} to ${belongs}`, [change]);
}

function linkStep(resource: At<'link'>, found: Found): Step | undefined {
  const { path, target } = resource;
  if (found.kind === 'link' && found.target === target) return undefined;
  return now(resource, `link ${path} to ${target}`);
}

function accountsStep(resource: At<'accounts'>, machine: Machine): Step | undefined {
  const missing = resource.names.filter(
    (name) => !machine.groups.has(name) || (name !== spoolGroup && !machine.users.has(name)),
  );
  if (missing.length === 0) return undefined;
  return now(resource, `make the accounts ${missing.join(', ')}`);
}

function treeStep(resource: At<'tree'>, machine: Machine, observed: Observed): Step | undefined {
  const strangers = observed.strangers.get(resource.path) ?? 0;
  if (!machine.isRoot || strangers === 0) return undefined;
  return now(resource, `give ${strangers} files in ${resource.path} to ${resource.owner}`);
}

function commandStep(resource: At<'command'>): Step | undefined {
  const { name, args, isDone, waitsFor, isDeferred } = resource;
  if (isDone) return undefined;
  if (waitsFor === undefined)
    return now(resource, `run outpost ${args.slice(0, 3).join(' ')} (${name})`);
  return {
    resource,
    what: `${name}: run outpost ${args.slice(0, 2).join(' ')}`,
    detail: [`waits for ${waitsFor}`],
    when: isDeferred ? 'deferred' : 'later',
  };
}

function serviceStep(resource: At<'service'>, observed: Observed): Step | undefined {
  const { isActive, isStale } = observed.services.get(resource.unit) ?? {
    isActive: false,
    isStale: false,
  };
  if (isActive && !isStale) return undefined;
  return now(resource, `${isActive ? 'restart' : 'start'} ${resource.unit}`);
}

interface Belongs {
  readonly owner: Owner;
  readonly group: OwnerGroup;
  readonly mode: number;
}

/** Without root nobody can give files away: then only the mode counts. */
function ownerChange(
  wanted: Belongs,
  found: { readonly mode: number; readonly uid: number; readonly gid: number },
  { isRoot }: Machine,
  ids: Ids,
): string | undefined {
  const isRight =
    found.mode === wanted.mode &&
    (!isRoot || (found.uid === ids(wanted.owner) && found.gid === ids(wanted.group)));
  return isRight ? undefined : `was ${found.uid}:${found.gid} ${modeText(found.mode)}`;
}

function foundAt(observed: Observed, path: string): Found {
  return observed.paths.get(path) ?? { kind: 'absent' };
}

function ownerText({ owner, group, mode }: Belongs): string {
  return `${owner}:${group} ${modeText(mode)}`;
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function now(resource: Resource, what: string, detail: readonly string[] = []): Step {
  return { resource, what, detail, when: 'now' };
}

function refused(resource: Resource, what: string): Step {
  return { resource, what, detail: [], when: 'refused' };
}
