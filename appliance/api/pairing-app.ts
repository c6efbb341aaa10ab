import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { ApiFault } from './contract.ts';
import { type WordsCompared, wordsTypedSchema } from './contract-pairing.ts';

export interface PairingApiPorts {
  /** Compares typed words with those of the pairing that waits; durable on return. Absent: nothing can be written. */
  readonly confirmWords?:
    | ((
        typed: string,
      ) => Promise<Result<{ readonly isRight: boolean; readonly text: string }, Fault>>)
    | undefined;
}

/** The part of the local API where a supervisor compares the words of a pairing (`contract-pairing.ts`). */
export function createPairingApi({ confirmWords }: PairingApiPorts): Hono {
  const app = new Hono();
  app.post('/v1/pairing/words', bodyLimit({ maxSize: 4_096 }), async (context) => {
    const typed = wordsTypedSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!typed.success) return context.json(badRequest, 400);
    if (!confirmWords) return context.json(cannotWrite, 503);
    const compared = await confirmWords(typed.data.words);
    if (!compared.ok) {
      const { message, next } = compared.fault;
      const fault: ApiFault = { code: 'NO-PAIRING', message: sanitize(message), next };
      return context.json(fault, 409);
    }
    const { isRight, text } = compared.value;
    return context.json({ isRight, text: sanitize(text) } satisfies WordsCompared);
  });
  return app;
}

const badRequest: ApiFault = {
  code: 'BAD-REQUEST',
  message: 'The box does not understand which words are meant',
  next: 'Type the four words that the center reads',
};

const cannotWrite: ApiFault = {
  code: 'DISK-FAILING',
  message: 'The disk takes no write, so nothing can be confirmed',
  next: 'Call support',
};
