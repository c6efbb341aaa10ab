import { createInterface } from 'node:readline/promises';
import { answersText, type Question, questionsOf, roleQuestion } from '../plan/questions.ts';

/** Asks the questions of the role on the terminal; the outcome is the text of an answers file. */
export async function askAnswers(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ask = async ({ text, preset }: Question): Promise<string> => {
    const typed = await terminal.question(`${text}${preset ? ` [${preset}]` : ''}: `);
    return typed.trim() || preset || '';
  };
  try {
    const role = await ask(roleQuestion);
    const typed = new Map<string, string>();
    for (const question of questionsOf(role)) typed.set(question.key, await ask(question));
    return answersText(role, typed);
  } finally {
    terminal.close();
  }
}

/** Asks for a yes; anything else is a no. */
export async function askYes(text: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${text} [yes/no]: `)).trim());
  } finally {
    terminal.close();
  }
}
