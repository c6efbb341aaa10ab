import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { DeedFault } from '../housekeeping/deed.ts';
import type { Deeds } from '../housekeeping/deeds.ts';
import type { HousekeepingCatalog } from '../housekeeping/ports.ts';
import type { ApiFault } from './contract.ts';
import { type Deed, deedSchema, type StudyInstances } from './contract-housekeeping.ts';
import { cursorOf, keyOfCursor } from './contract-page.ts';

export interface HousekeepingApiPorts {
  readonly catalog: Pick<HousekeepingCatalog, 'study' | 'instancesOf'>;
  readonly deeds: Deeds;
}

const mostInstances = 20_000;

/** The part of the local API where people decide about stored studies (`contract-housekeeping.ts`). */
export function createHousekeepingApi({ catalog, deeds }: HousekeepingApiPorts): Hono {
  const app = new Hono();
  const tooLarge: ApiFault = {
    code: 'TOO-LARGE',
    message: 'The box does not take that much at once',
    next: 'Name fewer images at a time',
  };

  app.get('/v1/studies/:studyInstanceUid/instances', async (context) => {
    const uid = context.req.param('studyInstanceUid');
    const study = await catalog.study(uid);
    if (!study) return context.json(unknownStudy, 404);
    const asked = Number(context.req.query('limit') ?? mostInstances);
    const limit = Math.min(mostInstances, Math.max(1, Math.floor(asked) || 1));
    const found = await catalog.instancesOf(
      uid,
      keyOfCursor(context.req.query('after')),
      limit + 1,
    );
    const page = found.slice(0, limit);
    const list: StudyInstances = {
      isPinned: study.isPinned,
      discardAskedBy: study.discardAskedBy ?? null,
      instances: page,
      next: found.length > limit ? cursorOf(page.at(-1)) : null,
    };
    return context.json(list);
  });

  app.post(
    '/v1/studies/:studyInstanceUid/deeds',
    bodyLimit({ maxSize: 1024 * 1024, onError: (context) => context.json(tooLarge, 413) }),
    async (context) => {
      const deed = deedSchema.safeParse(await context.req.json().catch(() => undefined));
      if (!deed.success) return context.json(badRequest, 400);
      const done = await perform(deeds, context.req.param('studyInstanceUid'), deed.data);
      return done.ok
        ? context.json(done.value)
        : context.json(apiFaultOf(done.fault), statusOf(done.fault));
    },
  );
  return app;
}

function perform(deeds: Deeds, study: string, deed: Deed): ReturnType<Deeds['pin']> {
  const decision = { by: deed.by, reason: deed.reason };
  switch (deed.deed) {
    case 'pin':
    case 'unpin':
      return deeds.pin(study, deed.deed === 'pin', decision);
    case 'priority':
      return deeds.prioritise(study, deed.priority, decision);
    case 'address':
      return deeds.address(study, deed.center, decision);
    case 'resend':
      return deeds.resend(study, decision);
    case 'archived':
      return deeds.archive(study, decision);
    case 'reject':
      return deeds.reject(study, decision, deed.sopInstanceUids);
    case 'restore':
      return deeds.restore(study, decision);
    case 'discard':
      return deeds.discard(study, decision);
    case 'decide':
      return deeds.decide(study, deed, deed.verdict, decision);
  }
}

const unknownStudy: ApiFault = {
  code: 'UNKNOWN-STUDY',
  message: 'This box has no such study',
  next: 'Check its number in the list',
};

const badRequest: ApiFault = {
  code: 'BAD-REQUEST',
  message: 'The box does not understand what is to be done',
  next: 'Give a deed, a name and a reason',
};

function apiFaultOf({ kind, message, next }: DeedFault): ApiFault {
  return { code: kind.replace('deed/', '').toUpperCase(), message, next };
}

function statusOf({ kind }: DeedFault): 404 | 409 | 503 {
  if (kind === 'deed/unknown-study') return 404;
  return kind === 'deed/not-written-down' ? 503 : 409;
}
