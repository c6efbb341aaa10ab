import type { Log } from '#sync/core/log.ts';
import type { Result } from '#sync/core/result.ts';
import type { PriorityCatalog } from '../ports-priority.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import { type StudyPriority, studyPriorities } from '../store/facts-priority.ts';
import { fitsRule, type RuleGround, type RuleTerms } from '../store/rule-ground.ts';

/** Studies that fit all that is named travel at `priority`. */
export interface PriorityRule extends RuleTerms {
  readonly name: string;
  readonly priority: StudyPriority;
}

/** The most urgent rule that fits; of equals the first. */
export function ruleFor(
  rules: readonly PriorityRule[],
  ground: RuleGround,
): PriorityRule | undefined {
  const fits = rules.filter((rule) => fitsRule(rule, ground));
  return fits.toSorted((a, b) => classOf(a.priority) - classOf(b.priority))[0];
}

/** Writes down which studies a rule of the config makes more urgent, or less. */
export interface PriorityRules {
  /** Looks at studies that changed; true when one of them has another rule than before. */
  look(studies: readonly string[]): Promise<boolean>;
}

export function createPriorityRules(
  ports: {
    readonly catalog: PriorityCatalog;
    readonly recorder: {
      record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
    };
    readonly nowMs: () => number;
    readonly log: Log;
  },
  rules: readonly PriorityRule[],
): PriorityRules {
  return {
    look: async (studies) => {
      if (rules.length === 0 || studies.length === 0) return false;
      const facts: BoxFact[] = [];
      for (const ground of await ports.catalog.ruleGrounds(studies)) {
        const rule = ruleFor(rules, ground);
        const isKnown = ground.byRule !== undefined;
        if (!rule || (isKnown && classOf(ground.byRule) <= classOf(rule.priority))) continue;
        const { study } = ground;
        const { priority, name } = rule;
        facts.push({ fact: 'rule-priority', atMs: ports.nowMs(), study, priority, rule: name });
      }
      if (facts.length === 0) return false;
      const recorded = await ports.recorder.record(facts);
      // Not written down on a full disk: the next image of the study asks again.
      if (!recorded.ok) ports.log.error('appliance/rule-not-kept', { kind: recorded.fault.kind });
      return recorded.ok;
    },
  };
}

function classOf(priority: StudyPriority | undefined): number {
  return priority === undefined ? studyPriorities.length : studyPriorities.indexOf(priority);
}
