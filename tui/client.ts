import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import {
  apiFaultSchema,
  type Status,
  type StudyDetail,
  type StudyList,
  statusSchema,
  studyDetailSchema,
  studyListSchema,
} from '#appliance/api/contract.ts';
import {
  type CallerList,
  type CallerVerdict,
  callerListSchema,
} from '#appliance/api/contract-callers.ts';
import { type Deed, type DeedDone, deedDoneSchema } from '#appliance/api/contract-housekeeping.ts';
import { wordsComparedSchema } from '#appliance/api/contract-pairing.ts';
import { errorCode } from '#sync/core/error-code.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { joinSignals } from '#sync/core/signals.ts';
import type { Priority } from './model/event.ts';

export type ClientFault = Fault<
  'tui/no-answer' | 'tui/no-permission' | 'tui/other-version' | 'tui/refused'
>;

/** The local API of the box, as the contract describes it. Every call ends early when its signal aborts. */
export interface Client {
  status(signal: AbortSignal): Promise<Result<Status, ClientFault>>;
  /**
   * With `after`, waits until there is a revision above it (25 s at most). With `find`, older studies that have all
   * its words are in the list too.
   */
  studies(
    after: number | undefined,
    signal: AbortSignal,
    find?: string,
  ): Promise<Result<StudyList, ClientFault>>;
  study(studyInstanceUid: string, signal: AbortSignal): Promise<Result<StudyDetail, ClientFault>>;
  callers(signal: AbortSignal): Promise<Result<CallerList, ClientFault>>;
  /** Durable on `ok`; `tui/refused` has the words of the box. */
  decide(verdict: CallerVerdict, signal: AbortSignal): Promise<Result<void, ClientFault>>;
  /** How soon a study travels; durable on `ok`. */
  prioritise(
    studyInstanceUid: string,
    priority: Priority,
    signal: AbortSignal,
  ): Promise<Result<void, ClientFault>>;
  /** Sends all of a study to the center of that code, in the name of a person; durable on `ok`. */
  address(
    studyInstanceUid: string,
    center: string,
    by: string,
    signal: AbortSignal,
  ): Promise<Result<DeedDone, ClientFault>>;
  /** Compares the four words that a center read; `isRight` false: these are not the words, and `text` says how it stands. */
  confirmWords(
    typed: string,
    signal: AbortSignal,
  ): Promise<Result<{ readonly isRight: boolean; readonly text: string }, ClientFault>>;
  /** Has the network program try the relay at once. */
  tryNow(signal: AbortSignal): Promise<Result<void, ClientFault>>;
  /** The bytes of a report's document and their content type. */
  document(reportId: string, signal: AbortSignal): Promise<Result<Answer, ClientFault>>;
}

export interface Answer {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A client of the program that listens on the Unix socket `socketPath`. */
export function createClient(socketPath: string): Client {
  const json = async <T>(
    schema: z.ZodType<T>,
    path: string,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<Result<T, ClientFault>> => {
    const answer = await get(socketPath, path, signal, timeoutMs);
    return answer.ok ? parsed(schema, answer.value.bytes) : answer;
  };
  return {
    status: (signal) => json(statusSchema, '/v1/status', signal),
    studies: (after, signal, find) => {
      const wanted = new URLSearchParams({
        ...(after === undefined ? {} : { after: String(after), waitS: String(longPollS) }),
        ...(find === undefined ? {} : { find }),
      });
      const waitMs = after === undefined ? 0 : longPollS * 1_000;
      return json(studyListSchema, `/v1/studies?${wanted}`, signal, waitMs + answerTimeoutMs);
    },
    study: (uid, signal) =>
      json(studyDetailSchema, `/v1/studies/${encodeURIComponent(uid)}`, signal),
    callers: (signal) => json(callerListSchema, '/v1/callers', signal),
    decide: async (verdict, signal) => {
      const answer = await get(socketPath, '/v1/callers', signal, answerTimeoutMs, verdict);
      return answer.ok ? ok(undefined) : answer;
    },
    prioritise: async (uid, priority, signal) => {
      const deed: Deed = { deed: 'priority', priority, by: 'the screen', reason: 'key s' };
      const path = `/v1/studies/${encodeURIComponent(uid)}/deeds`;
      const answer = await get(socketPath, path, signal, answerTimeoutMs, deed);
      return answer.ok ? ok(undefined) : answer;
    },
    address: async (uid, center, by, signal) => {
      const deed: Deed = { deed: 'address', center, by, reason: 'chosen on the screen, key t' };
      const path = `/v1/studies/${encodeURIComponent(uid)}/deeds`;
      const answer = await get(socketPath, path, signal, answerTimeoutMs, deed);
      return answer.ok ? parsed(deedDoneSchema, answer.value.bytes) : answer;
    },
    confirmWords: async (typed, signal) => {
      const body = { words: typed };
      const answer = await get(socketPath, '/v1/pairing/words', signal, answerTimeoutMs, body);
      return answer.ok ? parsed(wordsComparedSchema, answer.value.bytes) : answer;
    },
    tryNow: async (signal) => {
      const answer = await get(socketPath, '/v1/try-now', signal, answerTimeoutMs, {});
      return answer.ok ? ok(undefined) : answer;
    },
    document: (id, signal) =>
      get(socketPath, `/v1/reports/${encodeURIComponent(id)}/document`, signal),
  };
}

const longPollS = 25;
const answerTimeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024 * 1024;

function get(
  socketPath: string,
  path: string,
  signal: AbortSignal,
  timeoutMs = answerTimeoutMs,
  body?: unknown,
): Promise<Result<Answer, ClientFault>> {
  return new Promise((resolve) => {
    const [late, over] = [new AbortController(), new AbortController()];
    const joined = joinSignals(signal, late.signal);
    pause(timeoutMs, undefined, { signal: over.signal }).then(
      () => late.abort('late'),
      () => {},
    );
    const end = (result: Result<Answer, ClientFault>): void => {
      over.abort('over');
      joined.release();
      resolve(result);
    };
    const failed = (cause: unknown): void => end(fail(noAnswer(cause)));
    const method = body === undefined ? 'GET' : 'POST';
    const options = { socketPath, path, method, signal: joined.signal, agent: false };
    const asked = request(options, (response) => {
      const parts: Uint8Array[] = [];
      let size = 0;
      response.on('data', (part: Uint8Array) => {
        parts.push(part);
        size += part.length;
        if (size > maxAnswerBytes) response.destroy(new Error('The answer is too large'));
      });
      response.on('error', failed);
      response.on('end', () => {
        const bytes = new Uint8Array(Buffer.concat(parts));
        const contentType = response.headers['content-type'] ?? '';
        const { statusCode = 0 } = response;
        end(statusCode === 200 ? ok({ contentType, bytes }) : fail(refused(statusCode, bytes)));
      });
    });
    asked.on('error', failed);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): Result<T, ClientFault> {
  const value = jsonOf(bytes);
  const result = schema.safeParse(value);
  if (result.success) return ok(result.data);
  return fail(
    fault(
      'tui/other-version',
      "Cannot understand the answer of the box's program",
      'Use the screen and the program of one version',
      'later',
      result.error,
    ),
  );
}

function noAnswer(cause: unknown): ClientFault {
  const code = errorCode(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return fault(
      'tui/no-permission',
      "Cannot talk to the box's program: this user is not allowed to",
      'Log in as the clinic user, or add this user to the group of the socket',
      'later',
      cause,
    );
  }
  return fault(
    'tui/no-answer',
    "Cannot reach the box's program: it does not answer",
    'Wait two minutes, then start it again or call support',
    'later',
    cause,
  );
}

function refused(statusCode: number, bytes: Uint8Array): ClientFault {
  const said = apiFaultSchema.safeParse(jsonOf(bytes));
  return said.success
    ? fault('tui/refused', sanitize(said.data.message), sanitize(said.data.next), 'later')
    : fault(
        'tui/refused',
        `Cannot show the answer of the box's program: it said ${statusCode}`,
        'Try again; call support if it stays',
        'later',
      );
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
