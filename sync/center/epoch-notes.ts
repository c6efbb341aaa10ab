import type { Log } from '../core/log.ts';
import type { Party } from './ports-party.ts';

/** Logs what the epochs ask of the operators: once a day, since the texts count days. */
export function createEpochNotes(log: Log): (party: Party) => Party {
  let told: ReadonlySet<string> = new Set();
  return (party) => {
    const { epochWarnings = [] } = party;
    for (const { code, message } of epochWarnings) {
      if (!told.has(message)) log.warn('center/epoch', { code, reason: message });
    }
    told = new Set(epochWarnings.map(({ message }) => message));
    return party;
  };
}
