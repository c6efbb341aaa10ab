import type { Context, Hono } from 'hono';
import { ok, type Result } from '../core/result.ts';
import { routePrefix, sessionRequestSchema } from '../wire/routes.ts';
import { type Answers, type AppPorts, addressOf, type Env } from './app-answers.ts';
import { readJson, readText } from './body.ts';
import type { RelayFault } from './fault.ts';
import type { PushedDocument } from './ports.ts';
import { sessionLifeS } from './sessions.ts';

/** A signed list with thousands of handles fits. */
const listSizeBytes = 2 * 1024 * 1024;

/** Lines of a key list that are looked at; a root lives for years. */
const linesAtMost = 64;

/** Routes without a session: what they accept proves itself. */
export function addOpenRoutes(app: Hono<Env>, ports: AppPorts, { refuse }: Answers): void {
  const { relay, clock } = ports;
  app.get(`${routePrefix}/time`, (c) => c.json({ nowMs: clock.nowMs() }));

  const isRefusal = new Set<string>(['relay/forbidden', 'relay/other-list']);
  /** What proves itself costs a signature check: an address that fails again and again waits. */
  const tried = async <T>(
    c: Context<Env>,
    work: () => Promise<Result<T, RelayFault>>,
  ): Promise<Result<T, RelayFault>> => {
    const may = relay.strangers.mayTry(addressOf(c));
    if (!may.ok) return may;
    const outcome = await work();
    if (!outcome.ok && isRefusal.has(outcome.fault.kind)) relay.strangers.refused(addressOf(c));
    return outcome;
  };

  app.post(`${routePrefix}/session`, async (c) => {
    const request = await readJson(c, sessionRequestSchema);
    if (!request.ok) return refuse(c, request.fault);
    const { handle, challenge, signature } = request.value;
    if (challenge === undefined || signature === undefined) {
      return c.json({ challenge: relay.sessions.challenge(handle) });
    }
    const token = await tried(c, async () => relay.sessions.prove(handle, challenge, signature));
    return token.ok
      ? c.json({ token: token.value, expiresInS: sessionLifeS })
      : refuse(c, token.fault);
  });

  /** A key list may come behind those that handed its root over: one a line, the newest last. The last one counts. */
  const admit = (name: PushedDocument) => async (c: Context<Env>) => {
    const text = await readText(c, listSizeBytes);
    if (!text.ok) return refuse(c, text.fault);
    let last: Result<void, RelayFault> = ok(undefined);
    for (const line of name === 'center.keys' ? linesOf(text.value) : [text.value]) {
      last = await tried(c, () => relay.admit(name, line));
    }
    if (last.ok) return c.json({});
    // Old lists of a center are in the hands of many.
    if (last.fault.kind === 'relay/older-list') relay.strangers.refused(addressOf(c));
    return refuse(c, last.fault);
  };
  app.put(`${routePrefix}/keylist`, admit('center.keys'));
  app.put(`${routePrefix}/access`, admit('access.json'));
}

/** Empty text is one line, which is refused like any other that is no list. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.length < 2 ? [text] : lines.slice(0, linesAtMost).map((line) => `${line}\n`);
}
