import { Hono } from 'hono';
import { type AppPorts, addressOf, answersOf, type Env } from './app-answers.ts';
import { addBatchRoute } from './app-batch.ts';
import { addEnrolmentRoutes } from './app-enrolment.ts';
import { addMailboxRoutes } from './app-mailboxes.ts';
import { addOpenRoutes } from './app-open.ts';
import { addPackRoutes } from './app-packs.ts';
import { drain } from './body.ts';
import { absent, relayFault } from './fault.ts';

/** The routes of `sync/wire/routes.ts`. */
export function createRelayApp(ports: AppPorts): Hono<Env> {
  const app = new Hono<Env>();
  const answers = answersOf(ports);
  app.onError((cause, c) => {
    const refusal = relayFault('relay/internal', 'Cannot do that: the relay has a fault', {
      cause,
    });
    return answers.refuse(c, refusal);
  });
  app.notFound((c) => answers.refuse(c, absent()));
  app.use(async (c, next) => {
    const entered = ports.relay.strangers.enter(addressOf(c));
    if (!entered.ok) return answers.refuse(c, entered.fault);
    try {
      await next();
    } finally {
      entered.value.leave();
    }
    // An answer before the end of the body would look like a cut to the sender.
    if (!c.req.raw.bodyUsed) await drain(c);
    ports.relay.tallies.answers.add(`${Math.floor(c.res.status / 100)}xx`);
    return undefined;
  });
  addOpenRoutes(app, ports, answers);
  addBatchRoute(app, ports.relay, { ...answers, callerOf: (c) => c.get('caller') });
  addPackRoutes(app, ports, answers);
  addMailboxRoutes(app, ports, answers);
  const { enrolment } = ports.relay;
  addEnrolmentRoutes(app, { enrolment, stop: ports.stop }, answers.refuse);
  return app;
}
