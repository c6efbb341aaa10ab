import type { Fault } from '#sync/core/fault.ts';
import type { Client } from './client.ts';
import { exportReport } from './client-export.ts';
import type { Action, Effect, Event } from './model/event.ts';

export type ActionEffect = Extract<Effect, { readonly type: Action }>;

/** Has the box do what a person decided; answers with what the screen is told of it. */
export async function act(
  client: Client,
  effect: ActionEffect,
  exportDir: string,
  signal: AbortSignal,
): Promise<Event> {
  const failed = ({ kind, message }: Fault): Event => {
    const isUnknown = kind === 'tui/no-answer' || kind === 'tui/other-version';
    return { type: 'failed', action: effect.type, why: isUnknown ? undefined : message };
  };
  switch (effect.type) {
    case 'decide': {
      const answer = await client.decide(effect.verdict, signal);
      return answer.ok ? { type: 'decided', verdict: effect.verdict } : failed(answer.fault);
    }
    case 'prioritise': {
      const { studyInstanceUid, priority } = effect;
      const answer = await client.prioritise(studyInstanceUid, priority, signal);
      return answer.ok ? { type: 'prioritised', priority } : failed(answer.fault);
    }
    case 'address': {
      const { studyInstanceUid, center, by } = effect;
      const answer = await client.address(studyInstanceUid, center.code, by, signal);
      if (!answer.ok) return failed(answer.fault);
      return { type: 'addressed', center: center.name, alreadyOut: answer.value.alreadyOut };
    }
    case 'confirm words': {
      const answer = await client.confirmWords(effect.words, signal);
      return answer.ok ? { type: 'words compared', ...answer.value } : failed(answer.fault);
    }
    case 'try now': {
      const answer = await client.tryNow(signal);
      return answer.ok ? { type: 'tried' } : failed(answer.fault);
    }
    case 'export': {
      const answer = await exportReport(client, effect, exportDir, signal);
      return answer.ok ? { type: 'exported', path: answer.value } : failed(answer.fault);
    }
  }
}
