import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { createPriorityRules } from '#appliance/intake/priority-rules.ts';
import type { Recorder } from '#appliance/intake/recorder.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import type { Log } from '#sync/core/log.ts';

/** Asks the rules of priority about studies, or about all that are not sealed. */
export type ByRules = (studies?: readonly string[]) => Promise<void>;

/** The rules of the config over the catalog; `onChange` when one of them makes something go first. */
export function byRulesOf(
  config: Pick<ApplianceConfig, 'priorityRules'>,
  { catalog, priorities }: Pick<DataFolder, 'catalog' | 'priorities'>,
  recorder: Recorder,
  log: Log,
  onChange: () => void,
): ByRules {
  const rules = createPriorityRules(
    { catalog: priorities, recorder, nowMs: systemClock.nowMs, log },
    config.priorityRules ?? [],
  );
  return async (studies) => {
    try {
      const all = studies ?? (await catalog.sealingStudies()).map(({ study }) => study);
      if (await rules.look(all)) onChange();
    } catch (cause) {
      // The next image of the study, or the next start, asks again.
      const reason = cause instanceof Error ? cause.name : 'unknown';
      log.error('appliance/rules-unread', { reason });
    }
  };
}
