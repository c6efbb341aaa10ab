import { type Fault, fault } from '../core/fault.ts';
import type { AgentState } from '../wire/agent-state.ts';
import type { Board } from './board.ts';
import { thresholds } from './budget.ts';
import type { Gate } from './gate.ts';
import type { AgentPorts } from './ports.ts';

const everyMs = 60_000;

/** Looks every minute what timetable and budget say, tells it, and learns what a byte of a pack costs on the link. */
export async function limitsLoop(
  { clock, log, uplinkBytes }: Pick<AgentPorts, 'clock' | 'log' | 'uplinkBytes'>,
  board: Pick<Board, 'fault' | 'clear' | 'bell'>,
  gate: Gate,
  signal: AbortSignal,
): Promise<void> {
  let shown: string | undefined;
  let heldBefore = '';
  while (!signal.aborted) {
    gate.calibrate(await uplinkBytes?.());
    const { budget, heldClasses } = gate.limits();
    const found = budget ? budgetFault(budget) : undefined;
    if (found === undefined) board.clear('budget');
    else board.fault('budget', found);
    if (found?.kind !== shown && budget) {
      log.warn('agent/budget', { stage: found?.kind ?? 'free', usedBytes: budget.usedBytes });
    }
    shown = found?.kind;
    // The hour came: whoever waited looks again.
    if (heldClasses.join() !== heldBefore) board.bell.ring();
    heldBefore = heldClasses.join();
    await clock.wait(everyMs, signal);
  }
}

type Budget = NonNullable<NonNullable<AgentState['limits']>['budget']>;

/** What staff should know of the budget; undefined while there is plenty. */
export function budgetFault({ usedBytes, monthlyBytes, renewsOn }: Budget): Fault | undefined {
  const percent = (100 * usedBytes) / monthlyBytes;
  const next = 'Raise the budget in agent.json if more may be sent; courier sticks cost nothing';
  if (percent >= thresholds.all) {
    const message = `The data budget is used up: until ${renewsOn} only STAT is sent, beyond the budget`;
    return fault('agent/budget-spent', message, next, 'later');
  }
  if (percent >= thresholds.routine) {
    const message = `The data budget is nearly used up: until ${renewsOn} only STAT, urgent studies and letters are sent`;
    return fault('agent/budget-reserve', message, next, 'later');
  }
  if (percent < thresholds.bulk) return undefined;
  const message = `Most of the data budget is used: until ${renewsOn} priors and re-sends wait`;
  return fault('agent/budget-short', message, next, 'later');
}
