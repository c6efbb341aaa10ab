import { stat } from 'node:fs/promises';
import { type AccountName, accountsOf } from '../plan/accounts.ts';
import { type Answers, boxOf } from '../plan/answers.ts';
import { byHandCommand, type Identity } from '../plan/by-hand.ts';
import { firewallText } from '../plan/firewall.ts';
import type { Machine } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import { dataDir, programsOf, tlsFilesOf } from '../plan/programs.ts';
import type { Step } from '../plan/resources.ts';
import { firewallUnitOf, unitOf } from '../plan/units.ts';
import type { Finding, Run } from '../ports.ts';
import { echo } from './echo.ts';
import { startByHand } from './hand-start.ts';
import { probeTlsFiles } from './tls.ts';
import { verifyFiles } from './units.ts';
import { probeAgent, probeWayOut } from './zones.ts';

/** Is this machine still right? Files and accounts, units and rules, zones, and a C-ECHO. Changes nothing. */
export async function check(
  answers: Answers,
  machine: Machine,
  steps: readonly Step[],
  run: Run,
): Promise<readonly Finding[]> {
  const units = programsOf(answers, machine.keys.centerRoot).map((program) =>
    unitOf(program, answers, machine),
  );
  const rules = firewallText(answers, accountsOf(answers, machine), machine);
  return [
    asPlanned(steps),
    ...(await verifyFiles([firewallUnitOf(), ...units], rules, run)),
    ...(await zoneFindings(answers, machine, run)),
    ...(await tlsFindings(answers, machine, run)),
    ...(boxOf(answers) ? [await echoFinding(answers)] : []),
  ];
}

/** Starts the box's program as its unit would, sends it a C-ECHO, and ends it: for a machine without systemd. */
export async function echoByHand(answers: Answers, machine: Machine): Promise<Finding> {
  const name = 'C-ECHO to the box, started by hand';
  const program = programsOf(answers, undefined).find(({ command }) => command === 'appliance');
  if (!program) return { name, outcome: 'skipped', text: 'this machine is no box' };
  const unit = unitOf(program, answers, machine);
  const identity = identityOf('outpost-appliance', answers, machine);
  if (!machine.isRoot || !identity) return { name, outcome: 'skipped', text: 'it needs root' };
  const started = await startByHand(byHandCommand(unit, identity, machine.root));
  if (typeof started === 'string') return { name, outcome: 'failed', text: started };
  try {
    return { ...(await echoFinding(answers)), name };
  } finally {
    await started.stop();
  }
}

/** The numbers that a program runs under; undefined when the role has no such account. */
export function identityOf(
  name: AccountName,
  answers: Answers,
  machine: Machine,
): Identity | undefined {
  const { users, spoolId } = accountsOf(answers, machine);
  const user = users.find((each) => each.name === name);
  return user && { uid: user.id, gid: user.id, groups: user.usesSpool ? [spoolId] : [] };
}

function asPlanned(steps: readonly Step[]): Finding {
  const name = 'files, folders and accounts';
  const open = steps.filter(({ when }) => when !== 'deferred');
  const [first] = open;
  if (first === undefined) {
    const waiting = steps.flatMap(({ resource }) =>
      resource.kind === 'command' ? [`${resource.name} waits for ${resource.waitsFor}`] : [],
    );
    return { name, outcome: 'ok', text: ['as planned', ...waiting].join('; ') };
  }
  const text = `${open.length} differ, first: ${first.what}. See "setup.sh plan"`;
  return { name, outcome: 'failed', text };
}

async function zoneFindings(
  answers: Answers,
  machine: Machine,
  run: Run,
): Promise<readonly Finding[]> {
  if (!machine.isRoot) return [{ name: 'zones', outcome: 'skipped', text: 'it needs root' }];
  const findings: Finding[] = [];
  const agent = identityOf('outpost-agent', answers, machine);
  for (const clinical of ['outpost-appliance', 'outpost-center'] as const) {
    const identity = identityOf(clinical, answers, machine);
    if (!identity || !agent) continue;
    const folder = below(machine.root, `${dataDir}/${clinical.replace('outpost-', '')}`);
    if (await isThere(folder)) findings.push(await probeAgent(agent, folder, run));
    findings.push(
      machine.root === '/' && machine.hasSystemd
        ? await probeWayOut(identity, clinical, machine.keys.relayUrls, machine.node, run)
        : {
            name: `${clinical} has no way out`,
            outcome: 'skipped',
            text: 'the firewall is loaded by systemd, which does not run here',
          },
    );
  }
  return findings;
}

async function tlsFindings(
  answers: Answers,
  machine: Machine,
  run: Run,
): Promise<readonly Finding[]> {
  const tls = boxOf(answers)?.dicom.tls;
  const identity = identityOf('outpost-appliance', answers, machine);
  if (!tls || !identity || !machine.isRoot) return [];
  return [await probeTlsFiles(tlsFilesOf(tls), identity, machine.root, run)];
}

async function echoFinding(answers: Answers): Promise<Finding> {
  const name = 'C-ECHO to the box';
  const { aeTitle, port } = boxOf(answers)?.dicom ?? { aeTitle: '', port: 0 };
  const outcome = await echo({
    host: '127.0.0.1',
    port,
    calledAeTitle: aeTitle,
    callingAeTitle: aeTitle,
  });
  if (outcome === 'answered') return { name, outcome: 'ok', text: 'answered' };
  if (outcome === 'unreachable') {
    return {
      name,
      outcome: 'skipped',
      text: `nothing listens on port ${port}: start the services`,
    };
  }
  return { name, outcome: 'failed', text: `${outcome}. Look at the log of outpost-appliance` };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
