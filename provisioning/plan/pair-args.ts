import type { Answers } from './answers.ts';
import { configDir, firstPlace } from './programs.ts';

const centerSteps: readonly string[] = [
  'card',
  'grant',
  'list',
  'approve',
  'cancel',
  'revoke',
  'release',
];

/**
 * The words of `outpost pair` for the steps that a person does, with the configs of this machine. On an all-in-one
 * machine `confirm` is the box's unless `--config` names the center's config.
 */
export function pairArgs({ role }: Answers, typed: readonly string[]): readonly string[] {
  const [step = ''] = typed;
  const isCenter = centerSteps.includes(step) || role === 'center';
  const config = isCenter ? `${configDir}/center.json` : `${configDir}/appliance.json`;
  const named = typed.indexOf('--config');
  const words =
    named < 0
      ? [...typed, '--config', `@config:${config}`]
      : typed.map((word, index) => (index === named + 1 ? `@config:${word}` : word));
  if (step === '' || typed.includes('--help')) return ['pair', '--help'];
  return ['pair', ...words, '--agent-config', `@config:${configDir}/${firstPlace.agentName}.json`];
}
