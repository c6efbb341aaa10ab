import type { Context, Hono } from 'hono';
import { ok, type Result } from '../core/result.ts';
import { routePrefix, sessionRequestSchema } from '../wire/routes.ts';
import { type Answers, type AppPorts, addressOf, type Env } from './app-answers.ts';
import { readJson, readText } from './body.ts';
import type { RelayFault } from './fault.ts';
import type { PushedDocument } from './ports.ts';
import type { Relay } from './relay.ts';
import { sessionLifeS } from './sessions.ts';

/** A signed list with thousands of handles fits. */
const listSizeBytes = 2 * 1024 * 1024;

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

  const admit = (name: PushedDocument) => async (c: Context<Env>) => {
    const text = await readText(c, listSizeBytes);
    if (!text.ok) return refuse(c, text.fault);
    const admitted = await tried(c, () => admitLines(relay, name, text.value));
    return admitted.ok ? c.json({}) : refuse(c, admitted.fault);
  };
  app.put(`${routePrefix}/keylist`, admit('center.keys'));
  app.put(`${routePrefix}/access`, admit('access.json'));
}

/** A key list may come behind those that handed its root over: one a line, the newest last. The last one counts. */
async function admitLines(
  relay: Relay,
  name: PushedDocument,
  text: string,
): Promise<Result<void, RelayFault>> {
  const lines = name === 'center.keys' ? text.split('\n').filter((line) => line !== '') : [text];
  if (lines.length < 2) return relay.admit(name, text);
  let last: Result<void, RelayFault> = ok(undefined);
  for (const line of lines.slice(0, 64)) last = await relay.admit(name, `${line}\n`);
  return last;
}
