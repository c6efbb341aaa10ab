import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isoOf } from '#sync/core/clock.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { CallerDesk } from '../callers/ports.ts';
import type { ApiFault } from './contract.ts';
import { type CallerList, callerVerdictSchema, type ShownCaller } from './contract-callers.ts';

/** A decision is a title, an address and a name. */
const longestBodyBytes = 16_384;

/** The part of the local API about devices that call (`contract-callers.ts`). */
export function createCallersApp(desk: CallerDesk): Hono {
  const app = new Hono();

  app.get('/', async (context) => {
    const list: CallerList = { callers: await shownCallers(desk) };
    return context.json(list);
  });

  app.post('/', bodyLimit({ maxSize: longestBodyBytes }), async (context) => {
    const parsed = callerVerdictSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue?.path.join('.') ?? '';
      return context.json(unusable(`${where} ${issue?.message ?? ''}`.trim()), 400);
    }
    const decided = await desk.decide(parsed.data);
    return decided.ok ? context.json({}) : context.json(notWritten, 503);
  });

  return app;
}

async function shownCallers(desk: CallerDesk): Promise<ShownCaller[]> {
  const rank = ({ standing }: ShownCaller): number =>
    standing === 'unknown' ? 0 : standing === 'moved' ? 1 : 2;
  const all = (await desk.list()).map((caller): ShownCaller => {
    const { decision } = caller;
    return {
      aeTitle: sanitize(caller.callingAeTitle),
      address: caller.address,
      calledAeTitle: sanitize(caller.calledAeTitle),
      standing: caller.standing,
      firstAt: isoOf(caller.firstAtMs),
      lastAt: isoOf(caller.lastAtMs),
      decidedBy: decision ? sanitize(decision.by) : null,
      decidedAt: decision ? isoOf(decision.atMs) : null,
    };
  });
  return all.sort((a, b) => rank(a) - rank(b) || b.lastAt.localeCompare(a.lastAt));
}

function unusable(why: string): ApiFault {
  return {
    code: 'NOT-UNDERSTOOD',
    message: `The decision about a device cannot be used: ${sanitize(why)}`,
    next: 'Give the AE title, the address, and the name of the person who decides',
  };
}

const notWritten: ApiFault = {
  code: 'NOT-WRITTEN',
  message: 'The decision was not kept: the disk of the box takes no writes now',
  next: 'Look at the alarms of the box, then decide again',
};
