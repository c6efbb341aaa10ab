import type { Client } from './client.ts';
import type { Effect, Event } from './model/event.ts';

type Wanted<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;

/** Tells the box what a person decided about a study, and the screen what came of it. */
export function createDeeds(
  client: Pick<Client, 'prioritise' | 'address'>,
  dispatch: (event: Event) => void,
  signal: AbortSignal,
) {
  return {
    prioritise: async ({ studyInstanceUid, priority }: Wanted<'prioritise'>): Promise<void> => {
      const answer = await client.prioritise(studyInstanceUid, priority, signal);
      dispatch(
        answer.ok
          ? { type: 'prioritised', priority }
          : { type: 'priority failed', why: answer.fault.message },
      );
    },
    address: async ({ studyInstanceUid, center, by }: Wanted<'address'>): Promise<void> => {
      const answer = await client.address(studyInstanceUid, center.code, by, signal);
      dispatch(
        answer.ok
          ? { type: 'addressed', center: center.name, alreadyOut: answer.value.alreadyOut }
          : { type: 'address failed', why: answer.fault.message },
      );
    },
  };
}
