import { Hono } from 'hono';
import type { Center } from './center.ts';
import { maxStudies } from './center.ts';

/**
 * The status API on the center's Unix socket; read only. Whoever may open the socket may see which studies there
 * are, so the socket belongs to the center's group.
 *
 *   GET /v1/status            CenterStatus
 *   GET /v1/studies?limit=N   CenterStudies, newest first, at most 1,000
 */
export function createCenterApp(center: Pick<Center, 'status' | 'studies'>): Hono {
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
  app.notFound((context) =>
    context.json(
      { code: 'NOT-FOUND', message: 'There is nothing at this path', next: 'Use /v1/status' },
      404,
    ),
  );
  return app;
}
