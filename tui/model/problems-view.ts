import { words } from '../words/en.ts';
import { type Line, line } from './line.ts';
import { problemsOf } from './problems.ts';
import { labelled } from './shown.ts';
import type { State } from './state.ts';
import { padEnd, spread, wrap } from './text-width.ts';

/** Every problem with what to do about it and its code, an empty line between two. */
export function problemLines(state: State): readonly Line[] {
  const problems = problemsOf(state);
  if (problems.length === 0) return [line(` ${words.problems.none}`)];
  const width = state.size.columns - 1;
  return problems.flatMap(({ code, sentence, why, next, isTrouble }) => [
    ...labelled(
      ` ${isTrouble ? '!!' : '..'} `,
      wrap(sentence, width - 4),
      isTrouble ? 'trouble' : 'plain',
    ),
    ...(why === undefined ? [] : part(words.study.why, why, width)),
    ...part(words.study.do, next, width),
    line(spread('', `${words.study.code} ${code}`, width)),
    line(''),
  ]);
}

function part(label: string, text: string, width: number): readonly Line[] {
  return labelled(`    ${padEnd(label, 6)}`, wrap(text, width - 10), 'plain');
}
