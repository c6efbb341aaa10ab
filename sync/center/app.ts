import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Center } from './center.ts';
import { maxStudies } from './center.ts';
import type { AskedByPerson } from './resends.ts';

/** Who asks, and why; both are kept. */
const person = z.strictObject({
  by: z.string().trim().min(1).max(64),
  reason: z.string().trim().min(1).max(500),
});

const longestBodyBytes = 8 * 1024;

/**
 * The status API on the center's Unix socket. Whoever may open the socket may see which studies there are, and may ask
 * a box again for one of them, so the socket belongs to the center's group.
 *
 *   GET  /v1/status                 CenterStatus
 *   GET  /v1/studies?limit=N        CenterStudies, newest first, at most 1,000
 *   POST /v1/studies/UID/resend     { by, reason }: asks the box of the study for what is not delivered of it
 */
export function createCenterApp(center: Pick<Center, 'status' | 'studies' | 'askAgain'>): Hono {
  const app = new Hono();
  app.get('/v1/status', async (context) => context.json(await center.status()));
  app.get('/v1/studies', async (context) => {
    const limit = Number(context.req.query('limit') ?? maxStudies);
    if (!Number.isInteger(limit) || limit < 1 || limit > maxStudies) {
      return context.json(
        {
          code: 'BAD-LIMIT',
          message: `Cannot list studies: limit must be 1 to ${maxStudies}`,
          next: 'Ask for fewer',
        },
        400,
      );
    }
    return context.json(await center.studies(limit));
  });
  const limit = bodyLimit({
    maxSize: longestBodyBytes,
    onError: (context) => context.json(badBody, 413),
  });
  app.post('/v1/studies/:studyInstanceUid/resend', limit, async (context) => {
    const said = person.safeParse(await context.req.json().catch(() => undefined));
    if (!said.success) return context.json(badBody, 400);
    const { by, reason } = said.data;
    const asked = await center.askAgain(context.req.param('studyInstanceUid'), by, reason);
    const refused = refusals[asked];
    if (refused === undefined) return context.json({ did: asked });
    const { status, ...fault } = refused;
    return context.json(fault, status);
  });
  app.notFound((context) =>
    context.json(
      { code: 'NOT-FOUND', message: 'There is nothing at this path', next: 'Use /v1/status' },
      404,
    ),
  );
  return app;
}

const badBody = {
  code: 'BAD-BODY',
  message: 'Cannot ask again: a name (by) and a reason are needed, in bounds',
  next: 'Say who asks, and why',
};

const refusals: Readonly<
  Partial<
    Record<
      AskedByPerson,
      {
        readonly status: 404 | 409;
        readonly code: string;
        readonly message: string;
        readonly next: string;
      }
    >
  >
> = {
  'unknown-study': {
    status: 404,
    code: 'UNKNOWN-STUDY',
    message: 'Nothing of this study came to this center',
    next: 'Check its number; ask the clinic whether it was sent here',
  },
  'nothing-missing': {
    status: 409,
    code: 'NOTHING-MISSING',
    message: 'All that the box listed of this study is delivered, so there is nothing to ask for',
    next: 'Look for the images at the destination',
  },
  already: {
    status: 409,
    code: 'ALREADY-ASKED',
    message: 'The study is asked for already, and that letter has not left yet',
    next: 'Wait for the box; see outpost status',
  },
};
