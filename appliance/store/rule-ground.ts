import type { OrderPriority } from './facts-orders.ts';

/** What rules of the config look at in a study. */
export interface RuleGround {
  readonly callingAeTitle: string;
  /** Modality (0008,0060) of its series. */
  readonly modalities: readonly string[];
  readonly orderPriority: OrderPriority | undefined;
}

/** What a rule names; what it leaves out fits all. */
export interface RuleTerms {
  /** Calling AE titles. */
  readonly from?: readonly string[] | undefined;
  /** Modality of any of its series. */
  readonly modalities?: readonly string[] | undefined;
  /** What the order says. */
  readonly orderPriorities?: readonly OrderPriority[] | undefined;
}

/** Whether a study is all that a rule names. */
export function fitsRule(rule: RuleTerms, ground: RuleGround): boolean {
  const { callingAeTitle, modalities, orderPriority } = ground;
  return (
    (rule.from?.includes(callingAeTitle) ?? true) &&
    (rule.modalities?.some((each) => modalities.includes(each)) ?? true) &&
    (rule.orderPriorities === undefined ||
      (orderPriority !== undefined && rule.orderPriorities.includes(orderPriority)))
  );
}
