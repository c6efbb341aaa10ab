import type { Answers } from './answers.ts';
import type { Machine } from './machine.ts';

/** A system user of Outpost with a group of the same name and id. */
export interface Account {
  readonly name: AccountName;
  readonly id: number;
  readonly home: string;
  /** Whether it may use the spool, the only door between the zones. */
  readonly usesSpool: boolean;
}

export type AccountName =
  | 'outpost-appliance'
  | 'outpost-agent'
  | 'outpost-tui'
  | 'outpost-relay'
  | 'outpost-center';

export const spoolGroup = 'outpost-spool';

/**
 * The numbers that setup wants. Fixed, so that a disk moved to another box meets the same owners (zones design); a
 * machine that gave the number away already gets the next free one below 961.
 */
const wanted: readonly (Omit<Account, 'name'> & { readonly name: AccountName })[] = [
  account('outpost-appliance', 961, '/var/lib/outpost/appliance', true),
  account('outpost-agent', 962, '/var/lib/outpost/agent', true),
  account('outpost-tui', 963, '/var/lib/outpost/tui', false),
  account('outpost-relay', 964, '/var/lib/outpost/relay', false),
  account('outpost-center', 965, '/var/lib/outpost/center', true),
];
const wantedSpoolId = 966;

export interface Accounts {
  readonly users: readonly Account[];
  readonly spoolId: number;
}

/** The accounts of a role with their numbers: those the machine has already win. Deterministic. */
export function accountsOf(answers: Answers, machine: Pick<Machine, 'users' | 'groups'>): Accounts {
  const names = accountNames(answers);
  const taken = new Set([...machine.users.values(), ...machine.groups.values()]);
  const users = wanted
    .filter(({ name }) => names.includes(name))
    .map((each) => ({ ...each, id: idFor(machine.users.get(each.name), each.id, taken) }));
  return { users, spoolId: idFor(machine.groups.get(spoolGroup), wantedSpoolId, taken) };
}

/** The sysusers.d file that makes the accounts (sysusers.d(5)). */
export function sysusersText({ users, spoolId }: Accounts): string {
  return [
    '# Written by Outpost setup.',
    `g ${spoolGroup} ${spoolId}`,
    ...users.map(({ name, id, home }) => `u ${name} ${id} "Outpost" ${home} /usr/sbin/nologin`),
    ...users.filter(({ usesSpool }) => usesSpool).map(({ name }) => `m ${name} ${spoolGroup}`),
    '',
  ].join('\n');
}

function accountNames({ role }: Answers): readonly AccountName[] {
  const box: readonly AccountName[] = ['outpost-appliance', 'outpost-agent', 'outpost-tui'];
  const center: readonly AccountName[] = ['outpost-center', 'outpost-agent', 'outpost-relay'];
  if (role === 'box') return box;
  return role === 'center' ? center : [...box, ...center];
}

function idFor(known: number | undefined, want: number, taken: Set<number>): number {
  if (known !== undefined) return known;
  let id = taken.has(want) ? 960 : want;
  while (taken.has(id)) id--;
  taken.add(id);
  return id;
}

function account(name: AccountName, id: number, home: string, usesSpool: boolean): Account {
  return { name, id, home, usesSpool };
}
