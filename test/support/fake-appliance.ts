import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Status, StudyDetail, StudyRow } from '#appliance/api/contract.ts';
import { type DeedDone, deedSchema } from '#appliance/api/contract-housekeeping.ts';

/** What the box answers; `detail` of a study without one is its row with no steps and no reports. */
export interface FakeBox {
  status: Status;
  studies: readonly StudyRow[];
  details: ReadonlyMap<string, StudyDetail>;
  documents: ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array }>;
  /** What the box says of a deed. */
  done?: DeedDone;
}

/** The local API of the contract over a Unix socket, with answers that the test owns. */
export async function startFakeAppliance(socketPath: string, box: FakeBox) {
  // As in the appliance: it rises over restarts, and any other revision is answered at once.
  let revision = Date.now();
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://box');
    const [, , kind, id, more] = url.pathname.split('/').map(decodeURIComponent);
    if (kind === 'status') json(response, box.status);
    else if (more === 'deeds') void deed(request, response, box.done);
    else if (kind === 'studies' && id !== undefined) detail(response, box, id);
    else if (kind === 'reports' && id !== undefined) document(response, box, id);
    else if (kind === 'studies') list(response, url.searchParams.get('after'));
    else absent(response);
  });
  const list = (response: ServerResponse, after: string | null): void => {
    const answer = (): void => {
      waiting.delete(answer);
      json(response, { revision, studies: box.studies, older: 0 });
    };
    if (after === null || Number(after) !== revision) {
      answer();
      return;
    }
    waiting.add(answer);
    response.on('close', () => waiting.delete(answer));
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    box,
    /** Says that something visible changed: long polls are answered. */
    touch(): void {
      revision++;
      for (const answer of [...waiting]) answer();
    },
    /** Long polls that wait now. */
    waitingCount: () => waiting.size,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function deed(
  request: IncomingMessage,
  response: ServerResponse,
  done: DeedDone | undefined,
): Promise<void> {
  const said = deedSchema.safeParse(JSON.parse(await text(request)));
  if (said.success && done) json(response, done);
  else absent(response);
}

function detail(response: ServerResponse, box: FakeBox, id: string): void {
  const row = box.studies.find((each) => each.studyInstanceUid === id);
  const known = box.details.get(id) ?? (row && { ...row, steps: [], reports: [] });
  if (known) json(response, known);
  else absent(response);
}

function document(response: ServerResponse, box: FakeBox, id: string): void {
  const known = box.documents.get(id);
  if (!known) {
    absent(response);
    return;
  }
  response.writeHead(200, { 'content-type': known.type });
  response.end(known.bytes);
}

function absent(response: ServerResponse): void {
  const fault = { code: 'NOT-FOUND', message: 'There is no such thing', next: 'Go back' };
  json(response, fault, 404);
}

function json(response: ServerResponse, value: unknown, statusCode = 200): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
