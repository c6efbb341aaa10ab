import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { type Answers, parseAnswers } from '../plan/answers.ts';
import { answersText, type Question, questionsOf, roleQuestion } from '../plan/questions.ts';

/** Where a person reads and types. */
export interface Desk {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks the questions of the role until setup can use the answers: what was typed is offered again, so a slip costs a line
 * and not all of them. Undefined when the person leaves (Ctrl+D).
 */
export function askAnswers(desk: Desk = terminal): Promise<Answers | undefined> {
  return atDesk(desk, async (read) => {
    const typed = new Map<string, string>();
    const ask = async ({ key, text, preset }: Question): Promise<string> => {
      const offered = typed.get(key) || preset || '';
      const line = (await read(`${text}${offered ? ` [${offered}]` : ''}: `)).trim();
      const answer = line === '-' ? '' : line || offered;
      typed.set(key, answer);
      return answer;
    };
    for (;;) {
      const role = await ask(roleQuestion);
      for (const question of questionsOf(role)) await ask(question);
      const answers = parseAnswers(answersText(role, typed));
      if (answers.ok) return answers.value;
      const { message } = answers.fault;
      desk.output.write(
        `\n${message}\nOnce more: Enter keeps what stands in brackets, - empties it.\n`,
      );
    }
  });
}

/** Asks for a yes; anything else is a no. */
export async function askYes(text: string, desk: Desk = terminal): Promise<boolean> {
  const line = await atDesk(desk, (read) => read(`${text} [yes/no]: `));
  return /^y(es)?$/i.test(line?.trim() ?? '');
}

const terminal: Desk = { input: process.stdin, output: process.stdout };

async function atDesk<T>(
  desk: Desk,
  talk: (read: (prompt: string) => Promise<string>) => Promise<T>,
): Promise<T | undefined> {
  const lines = createInterface(desk);
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  try {
    return await talk((prompt) => lines.question(prompt, { signal: gone.signal }));
  } catch (cause) {
    if (gone.signal.aborted) return undefined;
    throw cause;
  } finally {
    lines.close();
  }
}
