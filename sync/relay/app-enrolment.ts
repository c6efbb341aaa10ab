import type { Context, Env, Hono } from 'hono';
import { hex } from '../core/bytes.ts';
import { joinSignals } from '../core/signals.ts';
import { sha256 } from '../seal/sha256.ts';
import { enrolSizeBytes } from '../wire/limits.ts';
import { parsePackId } from '../wire/pack-id.ts';
import { handleSchema, longestWaitS, routePrefix } from '../wire/routes.ts';
import { readBytes } from './body.ts';
import type { Enrolment } from './enrolment.ts';
import { absent, type RelayFault } from './fault.ts';

/** `POST|GET v1/enrol/:ticket`: no session, since who asks has none yet. */
export function addEnrolmentRoutes<E extends Env>(
  app: Hono<E>,
  { enrolment, stop }: { readonly enrolment: Enrolment; readonly stop: AbortSignal },
  refuse: (c: Context<E>, fault: RelayFault) => Response,
): void {
  const path = `${routePrefix}/enrol/:ticket` as const;

  app.post(path, async (c) => {
    const ticket = handleSchema.safeParse(c.req.param('ticket'));
    const body = await readBytes(c, enrolSizeBytes);
    if (!body.ok) return refuse(c, body.fault);
    const packId = parsePackId(hex(sha256(body.value)));
    if (!ticket.success || packId === undefined) return refuse(c, absent());
    const kept = await enrolment.request(ticket.data, packId, body.value);
    return kept.ok ? c.json({ packId }, 201) : refuse(c, kept.fault);
  });

  app.get(path, async (c) => {
    const ticket = handleSchema.safeParse(c.req.param('ticket'));
    if (!ticket.success) return refuse(c, absent());
    const wait = c.req.query('wait') ?? '0';
    const waitS = /^\d{1,3}$/.test(wait) ? Math.min(longestWaitS, Number(wait)) : 0;
    const either = joinSignals(c.req.raw.signal, stop);
    const after = c.req.query('after') ?? '';
    const grant = await enrolment.grant(ticket.data, after, waitS * 1_000, either.signal);
    either.release();
    if (!grant.ok) return refuse(c, grant.fault);
    if (grant.value === undefined) return c.body(null, 204);
    return c.body(Uint8Array.from(grant.value), 200, {
      'content-type': 'application/octet-stream',
    });
  });
}
