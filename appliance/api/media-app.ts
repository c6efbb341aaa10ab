import { type Context, Hono } from 'hono';
import { type Clock, isoOf } from '#sync/core/clock.ts';
import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { AlertGround } from '../intake/alerts.ts';
import { studyRow } from '../intake/progress.ts';
import { assign, release } from '../media/identify.ts';
import type { ImportCounts } from '../media/import-tally.ts';
import { unassignedOf } from '../media/unassigned.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';
import type { ApiFault } from './contract.ts';
import {
  assignRequestSchema,
  type Imports,
  releaseRequestSchema,
  type UnassignedList,
} from './contract-media.ts';

export interface MediaApiPorts {
  readonly catalog: Pick<Catalog, 'studies' | 'unassignedStudies' | 'patientsOf'>;
  /** Undefined while the disk takes no write. */
  readonly record: ((facts: readonly BoxFact[]) => Promise<Result<void, StoreFault>>) | undefined;
  /** Undefined without an import folder. */
  readonly imports: (() => ImportCounts) | undefined;
  /** How many files are set aside, and the newest of them, `most` at the most. */
  readonly rejected: (most: number) => Promise<{
    readonly count: number;
    readonly newest: readonly {
      readonly name: string;
      readonly reason: string;
      readonly atMs: number;
    }[];
  }>;
  readonly onChange: () => void;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const maxBodyBytes = 16 * 1024;

/** The routes of `contract-media.ts`. */
export function createMediaRoutes(ports: MediaApiPorts): Hono {
  const app = new Hono();

  app.get('/v1/imports', async (context) => context.json(await importsOf(ports)));

  app.get('/v1/unassigned', async (context) => {
    const records = await ports.catalog.unassignedStudies();
    const studies = records.flatMap((record) => {
      const row = studyRow(record, { isReceiving: () => false, agent: undefined });
      return unassignedOf(record, row) ?? [];
    });
    const list: UnassignedList = { studies };
    return context.json(list);
  });

  app.post('/v1/studies/:study/assign', async (context) => {
    const body = await bodyOf(context, assignRequestSchema);
    if (!body) return context.json(badRequest, 400);
    const [study] = await ports.catalog.studies(context.req.param('study'));
    const known = await ports.catalog.patientsOf(body.patientId);
    const atMs = ports.clock.nowMs();
    const assigned = assign(study, known, body, atMs);
    if (!assigned.ok) return refusal(context, assigned.fault);
    const { by, isReleased } = body;
    const released =
      isReleased && study?.outside
        ? [{ fact: 'released', atMs, study: study.studyInstanceUid, by } as const]
        : [];
    return record(context, [assigned.value, ...released]);
  });

  app.post('/v1/studies/:study/release', async (context) => {
    const body = await bodyOf(context, releaseRequestSchema);
    if (!body) return context.json(badRequest, 400);
    const [study] = await ports.catalog.studies(context.req.param('study'));
    const released = release(study, body.by, ports.clock.nowMs());
    return released.ok ? record(context, [released.value]) : refusal(context, released.fault);
  });

  async function record(context: Context, facts: readonly BoxFact[]): Promise<Response> {
    const recorded = await ports.record?.(facts);
    if (!recorded?.ok) return context.json(notWritten, 503);
    ports.onChange();
    return context.json({ done: true });
  }

  return app;
}

/** Files that were taken are told for so long. */
const lately = 10 * 60_000;

/** What the screen says of the hot folder; undefined when nothing was done lately and nothing is set aside. */
export async function importAlertOf(ports: MediaApiPorts): Promise<AlertGround['imports']> {
  const counts = ports.imports?.();
  if (!counts) return undefined;
  const { count: rejectedFiles } = await ports.rejected(0);
  const isNews = counts.lastAtMs !== undefined && ports.clock.nowMs() - counts.lastAtMs < lately;
  if (!isNews && rejectedFiles === 0) return undefined;
  return { takenFiles: counts.takenFiles, waitingFiles: counts.waitingFiles, rejectedFiles };
}

async function importsOf({ imports, rejected }: MediaApiPorts): Promise<Imports> {
  const counts = imports?.();
  const { count, newest } = await rejected(200);
  return {
    isOn: counts !== undefined,
    takenFiles: counts?.takenFiles ?? 0,
    rejectedFiles: counts?.rejectedFiles ?? 0,
    waitingFiles: counts?.waitingFiles ?? 0,
    lastAt: counts?.lastAtMs === undefined ? null : isoOf(counts.lastAtMs),
    rejected: {
      count,
      newest: newest.map(({ name, reason, atMs }) => ({ name, reason, at: isoOf(atMs) })),
    },
  };
}

/** A body of bounded size that parses, or undefined. */
async function bodyOf<T>(
  context: Context,
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
): Promise<T | undefined> {
  if (!(Number(context.req.header('content-length')) <= maxBodyBytes)) return undefined;
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function refusal(context: Context, { kind, message, next }: Fault): Response {
  const fault: ApiFault = { code: kind.replace('/', '-').toUpperCase(), message, next };
  return context.json(fault, kind === 'identity/no-study' ? 404 : 409);
}

const badRequest: ApiFault = {
  code: 'BAD-REQUEST',
  message:
    'Cannot do this: the request is not complete, or a text has characters that do not belong there',
  next: 'Give your name and the Patient ID, each in one line',
};

const notWritten: ApiFault = {
  code: 'NOT-WRITTEN',
  message: 'Cannot do this now: the disk takes no write',
  next: 'Call support; nothing was changed',
};
