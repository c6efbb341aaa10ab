import { words } from '../words/en.ts';
import { type Action, actions, type Effect, type Step } from './event.ts';
import { noted, warned } from './note.ts';
import type { State } from './state.ts';
import { textWidth } from './text-width.ts';

/**
 * Lets one action at a time through: the same key again, before the box has answered, would do it twice. Three wrong
 * attempts at the words of a pairing cost a card.
 */
export function oneAtATime(before: State, step: Step): Step {
  if (!step.effect || !isAction(step.effect)) return step;
  const { lastKeyMs } = step.state;
  if (before.isActing) return { state: noted({ ...before, lastKeyMs }, words.notes.stillActing) };
  return { ...step, state: { ...step.state, isActing: true } };
}

/** The box has answered, or will no more. */
export function answered(state: State): State {
  return { ...state, isActing: false };
}

/** What did not work, and why; without an answer nobody knows whether it did. */
export function failed(state: State, action: Action, why: string | undefined): State {
  if (why === undefined) return warned(answered(state), words.notes.unanswered);
  const text = `${words.failed[action]}: ${why}`;
  const isRoomy = textWidth(text) <= state.size.columns - 1;
  return warned(answered(state), isRoomy && !why.startsWith('Nothing') ? text : why);
}

function isAction({ type }: Effect): boolean {
  return actions.some((action) => action === type);
}
