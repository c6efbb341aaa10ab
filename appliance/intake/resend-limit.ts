import type { AgentState } from '#sync/wire/agent-state.ts';
import type { Resend } from '../ports-waiting.ts';

/** Full re-sends of a study without a person (sync design). */
const mostResends = 2;
/** Of the budget of the month, in parts of a hundred, what crosses the link again without a person (sync design). */
const mostOfBudgetPercent = 10;

/** Why a supervisor has to decide: the study went twice more already, or the month has had its share of re-sends. */
export type ResendRefusal = 'twice' | 'budget';

export interface ResendGround {
  /** How often the study was sent again already. */
  readonly resends: number;
  /** What it would cost, sealed. */
  readonly sizeBytes: number;
  /** What re-sends have cost since the budget was renewed. */
  readonly spentBytes: number;
  /** Undefined: the link is not metered. */
  readonly monthlyBytes: number | undefined;
}

/** Undefined: the study may be sealed anew without a person. */
export function resendRefusal(ground: ResendGround): ResendRefusal | undefined {
  const { resends, sizeBytes, spentBytes, monthlyBytes } = ground;
  if (resends >= mostResends) return 'twice';
  if (monthlyBytes === undefined) return undefined;
  const isWithin = 100 * (spentBytes + sizeBytes) <= mostOfBudgetPercent * monthlyBytes;
  return isWithin ? undefined : 'budget';
}

type Budget = NonNullable<NonNullable<AgentState['limits']>['budget']>;

/** What re-sends have cost in the month of `budget`, which begins at midnight UTC here: hours do not matter. */
export function spentOn(
  resends: readonly Resend[],
  { renewsOn }: Pick<Budget, 'renewsOn'>,
): number {
  const [year = 1970, month = 1, day = 1] = renewsOn.split('-').map(Number);
  const sinceMs = Date.UTC(year, month - 2, day);
  return resends.reduce((sum, { atMs, sizeBytes }) => (atMs < sinceMs ? sum : sum + sizeBytes), 0);
}
