import type { Answers } from '../plan/answers.ts';
import type { Machine, Observed } from '../plan/machine.ts';
import { idsOf, planOf } from '../plan/plan.ts';
import type { Step } from '../plan/resources.ts';
import type { Run } from '../ports.ts';
import { applyStep } from './apply.ts';

/** The machine as it is at one moment. */
export interface View {
  readonly machine: Machine;
  readonly observed: Observed;
}

export interface Converged {
  readonly done: number;
  /** What is left: deferred steps, or the one that failed first. */
  readonly left: readonly Step[];
  readonly failure: string | undefined;
}

/** Keys are made after configs, and a config after keys: more rounds than this would be a plan that never ends. */
const mostRounds = 6;

/**
 * Looks, plans and applies until nothing is left that can be done now. `tell` hears of each step before it starts
 * (without an outcome) and after it.
 */
export async function converge(
  answers: Answers,
  look: () => Promise<View>,
  run: Run,
  tell: (step: Step, outcome?: string) => void,
): Promise<Converged> {
  let done = 0;
  for (let round = 0; round < mostRounds; round++) {
    const { machine, observed } = await look();
    const steps = planOf(answers, machine, observed);
    const refused = steps.find(({ when }) => when === 'refused');
    if (refused !== undefined) return { done, left: [refused], failure: refused.what };
    const ready = steps.filter(({ when }) => when === 'now');
    if (ready.length === 0) return { done, left: steps, failure: undefined };
    // Owners exist from this round's accounts on: their numbers are those of the plan.
    const ids = idsOf(answers, machine);
    for (const step of ready) {
      tell(step);
      const applied = await applyStep(step, machine, ids, run);
      if (!applied.ok) {
        tell(step, `failed: ${applied.fault.message}`);
        return { done, left: [step], failure: `${applied.fault.message}. ${applied.fault.next}` };
      }
      tell(step, applied.value ? `ok\n\n${applied.value}` : 'ok');
      done++;
    }
  }
  const { machine, observed } = await look();
  const left = planOf(answers, machine, observed);
  return {
    done,
    left,
    failure: left.some(({ when }) => when === 'now')
      ? 'The same steps come back each time: something else changes these files'
      : undefined,
  };
}
