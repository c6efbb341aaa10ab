import { Hono } from 'hono';
import { type Clock, isoOf } from '#sync/core/clock.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { CallerDesk } from '../callers/ports.ts';
import { type CenterRules, linkedCenters } from '../intake/addressing.ts';
import { type AlertGround, alertsOf, pairingStatus } from '../intake/alerts.ts';
import type { DiskTrouble } from '../intake/disk-watch.ts';
import { type ProgressContext, studyRow } from '../intake/progress.ts';
import { type Queue, queueOf, sendingOf } from '../intake/queue.ts';
import type { Revisions } from '../intake/revisions.ts';
import { reportsOf } from '../intake/shown-reports.ts';
import { stepsOf } from '../intake/steps.ts';
import { strayDetail, strayRow, strayStudies } from '../intake/stray-reports.ts';
import type { ForwardHealth } from '../outbound/ports.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { LetterFiles } from '../ports-letters.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { StudyRecord } from '../ports-studies.ts';
import { createCallersApp } from './callers-app.ts';
import type {
  ApiFault,
  InstanceList,
  Status,
  StudyDetail,
  StudyList,
  StudyRow,
} from './contract.ts';
import { cursorOf, keyOfCursor } from './contract-page.ts';
import { createMediaRoutes, importAlertOf, type MediaApiPorts } from './media-app.ts';

export interface ApiPorts {
  readonly catalog: Pick<
    Catalog,
    | 'studies'
    | 'listedStudies'
    | 'suspectStudies'
    | 'instances'
    | 'reportDocument'
    | 'totals'
    | 'quarantined'
    | 'waitingStudies'
    | 'openPacks'
    | 'strayReports'
  >;
  readonly files: Pick<LetterFiles, 'readReportDocument'>;
  readonly callers: CallerDesk;
  readonly revisions: Revisions;
  readonly isReceiving: (study: string) => boolean;
  readonly agentState: () => Promise<AgentState | undefined>;
  readonly pairing: () => Pairing | undefined;
  /** False while the spool cannot be opened. */
  readonly hasSpool: () => boolean;
  /** Studies that are all at the relay and that the center did not confirm in time. */
  readonly unconfirmedStudies: () => number;
  readonly unreadableArrivals: () => number;
  /** Studies that only a supervisor may send once more; left out where nothing is sent. */
  readonly refusedResends?: (() => ReadonlySet<string>) | undefined;
  /** Centers whose newest key list does not come; left out where no letter is opened. */
  readonly keyListsBehind?: (() => number) | undefined;
  readonly epochStep?: (() => AlertGround['epochStep']) | undefined;
  readonly disk: () => {
    readonly usedPercent: number;
    readonly trouble: DiskTrouble | undefined;
  };
  readonly zoneBreach: () => string | undefined;
  /** Tells the agent to try now, whatever its pause says; left out while the disk takes no write. */
  readonly tryNow?: (() => void) | undefined;
  /** Orders that wait for their study. */
  readonly waitingOrders: () => Promise<number>;
  readonly damagedFacts: () => number;
  /** Local destinations of forwarding; left out where nothing is forwarded. */
  readonly forwards?: (() => readonly ForwardHealth[]) | undefined;
  readonly media: MediaApiPorts;
  readonly clock: Clock;
}

export interface ApiConfig extends CenterRules {
  readonly siteName: string;
  readonly boxName: string;
  readonly version: string;
  readonly zones: 'enforced' | 'off';
}

const longestWaitS = 25;
const longestFind = 60;
const mostInstances = 20_000;

/** The local API of `contract.ts` and of what is mounted beside it. */
export function createApi(ports: ApiPorts, config: ApiConfig): Hono {
  const app = new Hono();

  app.get('/v1/status', async (context) => context.json(await statusOf(ports, config)));

  app.get('/v1/studies', async (context) => {
    const after = Number(context.req.query('after') ?? Number.NaN);
    const waitS = Number(context.req.query('waitS') ?? longestWaitS);
    if (!Number.isNaN(after)) {
      const waitMs = Math.min(Math.max(0, waitS || 0), longestWaitS) * 1_000;
      await ports.revisions.waitFor(after, waitMs, context.req.raw.signal);
    }
    // Read before the rows: a change meanwhile shows again, rather than never.
    const revision = ports.revisions.current();
    const find = context.req.query('find')?.slice(0, longestFind);
    const listed = await ports.catalog.listedStudies(find);
    const strays = strayStudies(await ports.catalog.strayReports());
    const studies = [
      ...(await rowsOf(ports, config, listed.studies)),
      ...[...strays].map(([study, reports]) => strayRow(study, reports)),
    ];
    const list: StudyList = { revision, studies, older: listed.older };
    return context.json(list);
  });

  app.get('/v1/studies/:studyInstanceUid', async (context) => {
    const study = context.req.param('studyInstanceUid');
    const [record] = await ports.catalog.studies(study);
    if (!record) {
      const stray = strayStudies(await ports.catalog.strayReports()).get(study);
      if (!stray) return context.json(absent('study'), 404);
      return context.json(strayDetail(study, stray, await reportsOf(stray, ports.files)));
    }
    return context.json(await detailOf(ports, config, record));
  });

  app.post('/v1/try-now', (context) => {
    if (!ports.tryNow) return context.json(cannotAsk, 503);
    ports.tryNow();
    return context.json({});
  });

  app.get('/v1/reports/:reportId/document', async (context) => {
    const document = await ports.catalog.reportDocument(context.req.param('reportId'));
    const bytes = document && (await ports.files.readReportDocument(document.sha256));
    if (!document || !bytes) return context.json(absent('report'), 404);
    return context.body(Uint8Array.from(bytes), 200, { 'content-type': document.type });
  });

  app.get('/v1/instances', async (context) => {
    const asked = Number(context.req.query('limit') ?? mostInstances);
    const limit = Math.min(mostInstances, Math.max(1, Math.floor(asked) || 1));
    const after = keyOfCursor(context.req.query('after'));
    const found = await ports.catalog.instances(after, limit + 1);
    const page = found.slice(0, limit);
    const next = found.length > limit ? cursorOf(page.at(-1)) : null;
    return context.json({ instances: [...page], next } satisfies InstanceList);
  });

  app.route('/v1/callers', createCallersApp(ports.callers));
  app.route('/', createMediaRoutes(ports.media));

  app.notFound((context) => context.json(absent('page'), 404));
  app.onError((_error, context) => {
    const fault: ApiFault = {
      code: 'BOX-ERROR',
      message: 'The box cannot answer this now',
      next: 'Try again; if it stays so, call support',
    };
    return context.json(fault, 503);
  });
  return app;
}

async function rowsOf(
  ports: ApiPorts,
  config: CenterRules,
  records: readonly StudyRecord[],
): Promise<StudyRow[]> {
  const context = await progressOf(ports, config);
  return records.map((record) => studyRow(record, context));
}

async function detailOf(
  ports: ApiPorts,
  config: CenterRules,
  record: StudyRecord,
): Promise<StudyDetail> {
  const row = studyRow(record, await progressOf(ports, config));
  return {
    ...row,
    steps: [...stepsOf(record, row, ports.clock.nowMs())],
    reports: await reportsOf(record.reports, ports.files),
  };
}

async function progressOf(
  ports: ApiPorts,
  centerRules: CenterRules,
): Promise<ProgressContext & { readonly queue: Queue }> {
  const [agent, waiting, open] = await Promise.all([
    ports.agentState(),
    ports.catalog.waitingStudies(),
    ports.catalog.openPacks(),
  ]);
  const queue = queueOf(waiting, open, agent, ports.clock.nowMs());
  const centers = linkedCenters(ports.pairing());
  const refusedResends = ports.refusedResends?.();
  return { isReceiving: ports.isReceiving, agent, queue, centers, centerRules, refusedResends };
}

async function statusOf(ports: ApiPorts, config: ApiConfig): Promise<Status> {
  const disk = ports.disk();
  const [agent, totals, suspects, quarantined, callers, imports, worklist] = await Promise.all([
    ports.agentState(),
    ports.catalog.totals(),
    ports.catalog.suspectStudies(),
    ports.catalog.quarantined(),
    ports.callers.questions(),
    importAlertOf(ports.media),
    ports.waitingOrders(),
  ]);
  const forwards = ports.forwards?.() ?? [];
  const ground: AlertGround = {
    zoneBreach: ports.zoneBreach(),
    diskTrouble: disk.trouble,
    hasSpool: ports.hasSpool(),
    unconfirmedStudies: ports.unconfirmedStudies(),
    refusedResends: ports.refusedResends?.().size ?? 0,
    unreadableArrivals: ports.unreadableArrivals(),
    keyListsBehind: ports.keyListsBehind?.() ?? 0,
    epochStep: ports.epochStep?.(),
    pairing: ports.pairing(),
    quarantined: quarantined.length,
    callers,
    damagedFacts: ports.damagedFacts(),
    stuckDestinations: forwards.flatMap(({ destination, trouble, isStuck }) =>
      isStuck && trouble !== undefined ? [{ destination, trouble }] : [],
    ),
    ...(imports && { imports }),
    agentFaults: (agent?.faults ?? []).map(({ kind, message, next }) => ({
      kind: sanitize(kind, 40),
      message: sanitize(message),
      next: sanitize(next),
    })),
  };
  const progress = await progressOf(ports, config);
  const centers = linkedCenters(ground.pairing);
  const refused = await refusedRecords(ports, suspects);
  const rows = [...suspects, ...refused].map((record) => studyRow(record, progress));
  const strays = strayStudies(await ports.catalog.strayReports());
  const inTrouble = rows.filter(({ state }) => state === 'needs help');
  return {
    siteName: config.siteName,
    boxName: config.boxName,
    version: config.version,
    nowAt: isoOf(ports.clock.nowMs()),
    zones: config.zones,
    link: {
      state: agent?.link ?? 'unknown',
      rateBytesPerS: agent?.rateBytesPerS ?? 0,
      lastContactAt: agent?.lastContactAt ?? null,
    },
    disk: { usedPercent: disk.usedPercent, isFull: disk.trouble === 'full' },
    pairing: pairingStatus(ground.pairing),
    counts: {
      studies: totals.studies,
      instances: totals.instances,
      needHelp: inTrouble.length + strays.size,
      onlyHere: totals.onlyHere,
      unknownCallers: callers.filter(({ standing }) => standing === 'unknown').length,
      worklist,
    },
    ...(centers.length > 1 && {
      centers: centers.map(({ code, name, isOpen }) => ({ code, name: sanitize(name), isOpen })),
    }),
    sending: sendingOf(progress),
    forwarding: forwards.map(({ destination, waitingSinceMs, trouble }) => ({
      destination: sanitize(destination),
      waitingSinceAt: waitingSinceMs === undefined ? null : isoOf(waitingSinceMs),
      trouble: trouble === undefined ? null : sanitize(trouble),
    })),
    alerts: [...alertsOf(ground)],
  };
}

/** Studies that only a supervisor may send once more; the catalog does not know that they need help. */
async function refusedRecords(
  { catalog, refusedResends }: Pick<ApiPorts, 'catalog' | 'refusedResends'>,
  suspects: readonly StudyRecord[],
): Promise<readonly StudyRecord[]> {
  const known = new Set(suspects.map(({ studyInstanceUid }) => studyInstanceUid));
  const refused = [...(refusedResends?.() ?? [])].filter((study) => !known.has(study));
  return (await Promise.all(refused.map((study) => catalog.studies(study)))).flat();
}

const cannotAsk: ApiFault = {
  code: 'DISK-FAILING',
  message: 'The disk takes no write, so the network program cannot be told',
  next: 'Call support; the network program tries by itself at least once a minute',
};

function absent(what: string): ApiFault {
  return {
    code: 'NOT-FOUND',
    message: `There is no such ${what} on this box`,
    next: 'Go back to the list',
  };
}
