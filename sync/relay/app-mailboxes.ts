import type { Context, Hono } from 'hono';
import { joinSignals } from '../core/signals.ts';
import {
  eventStreamMediaType,
  handleSchema,
  longestWaitS,
  packIdsSchema,
  routePrefix,
} from '../wire/routes.ts';
import { type Answers, type AppPorts, type Env, wholeNumber } from './app-answers.ts';
import { readJson } from './body.ts';
import { eventStream } from './event-stream.ts';
import { absent, withdrawn } from './fault.ts';

/** What waits for a party: asked for, streamed and acknowledged. */
export function addMailboxRoutes(
  app: Hono<Env>,
  ports: AppPorts,
  { refuse, withSession }: Answers,
): void {
  const { relay, stop } = ports;

  app.get(`${routePrefix}/mailboxes/:mailbox/events`, withSession, async (c) => {
    const mailbox = handleSchema.safeParse(c.req.param('mailbox'));
    if (!mailbox.success || !c.get('rights').read.has(mailbox.data)) return refuse(c, absent());
    const after = c.req.query('after') ?? '';
    if (c.req.header('accept')?.includes(eventStreamMediaType)) {
      return streamOf(c, mailbox.data, after);
    }
    const waitS = Math.min(longestWaitS, wholeNumber(c.req.query('wait')) ?? 0);
    const either = joinSignals(c.req.raw.signal, stop);
    const { mailboxes } = relay;
    const events = await mailboxes.events(
      c.get('caller'),
      mailbox.data,
      after,
      waitS * 1000,
      either.signal,
    );
    either.release();
    // The wait may have ended because the center took the right away.
    const now = relay.admission.rights(c.get('caller'));
    if (now?.read.has(mailbox.data) !== true) return refuse(c, withdrawn());
    return events.ok ? c.json(events.value) : refuse(c, events.fault);
  });

  function streamOf(c: Context<Env>, mailbox: string, after: string): Response {
    const gone = new AbortController();
    const { signal } = joinSignals(c.req.raw.signal, stop, gone.signal);
    const events = relay.mailboxes.stream(c.get('caller'), mailbox, after, signal);
    c.header('content-type', eventStreamMediaType);
    c.header('cache-control', 'no-store, no-transform');
    // Asks the best known proxy not to gather what it passes on.
    c.header('x-accel-buffering', 'no');
    return c.body(eventStream(events, () => gone.abort()));
  }

  app.post(`${routePrefix}/acks`, withSession, async (c) => {
    const request = await readJson(c, packIdsSchema);
    if (!request.ok) return refuse(c, request.fault);
    const { packIds } = request.value;
    const released = await relay.acknowledge(c.get('caller'), c.get('rights'), packIds);
    return released.ok ? c.json({}) : refuse(c, released.fault);
  });

  app.get(`${routePrefix}/keylist`, withSession, (c) => {
    const { text } = relay.admission.keyList(c.get('caller').center);
    if (text === undefined) return refuse(c, absent());
    // Who slept over a change of root follows it line by line.
    const handovers = relay.admission.handovers(c.get('caller').center);
    const lines = [...handovers, text].map((each) => (each.endsWith('\n') ? each : `${each}\n`));
    return c.body(handovers.length === 0 ? text : lines.join(''), 200, {
      'content-type': 'application/json',
    });
  });
}
