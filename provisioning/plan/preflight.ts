import type { Answers } from './answers.ts';
import type { Machine } from './machine.ts';
import type { Step } from './resources.ts';

/** Oldest Debian whose systemd and nftables know every word of the units and rules. */
const oldestDebian = 12;

export interface Preflight {
  /** Nothing is changed while one of these stands; each says what is wrong and what to do. */
  readonly faults: readonly string[];
  /** Shown, and setup goes on. */
  readonly warnings: readonly string[];
}

/** What must be right before the first change, cause before symptom. */
export function preflightOf(answers: Answers, machine: Machine, steps: readonly Step[]): Preflight {
  const isReal = machine.root === '/';
  const faults: string[] = [];
  const warnings: string[] = [];
  if (isReal && !machine.isRoot) {
    faults.push('Setup changes this machine and needs root. Run it with sudo, or with --root DIR.');
  }
  if (machine.debianVersion === undefined || machine.debianVersion < oldestDebian) {
    faults.push(
      `This is not Debian ${oldestDebian} or newer. Install Debian ${oldestDebian} first.`,
    );
  }
  if (machine.missingPackages.length > 0) {
    const names = machine.missingPackages.join(' ');
    faults.push(`Debian packages are missing: ${names}. Run apt-get install ${names}.`);
  }
  for (const path of [machine.node, machine.checkout]) {
    if (/^(\/[A-Za-z0-9._-]+)+$/.test(path)) continue;
    faults.push(`"${path}" cannot stand in a unit file. Move the checkout to /opt/outpost.`);
  }
  if (machine.checkoutFault !== undefined) {
    const text = `${machine.checkoutFault} Move the checkout to /opt/outpost, owned by root.`;
    (isReal ? faults : warnings).push(text);
  }
  faults.push(...inTheWayOf(steps));
  if (isReal && machine.isOverSsh && answers.network.ssh === 'off' && answers.role === 'box') {
    warnings.push(
      'You are connected by SSH, and the answers close it: no new session will get in.',
    );
  }
  if (!machine.isRoot) {
    warnings.push(
      'Without root, owners cannot be set: modes only. The folder is for looking, not for running.',
    );
  }
  return { faults, warnings };
}

/** What stands in the way of any change, also of uninstall: a sentence each. */
export function inTheWayOf(steps: readonly Step[]): readonly string[] {
  const all = steps.flatMap(({ what, when }) => (when === 'refused' ? [what] : []));
  return [...new Set(all)].map((what) => `Setup ${what}. Move it away and run setup again.`);
}
