import { utf8 } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { documentSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import {
  type Events,
  eventsSchema,
  longestWaitS,
  offsetSchema,
  pieceMediaType,
  routePrefix,
  type Status,
  statusSchema,
  uploadLengthHeader,
  uploadOffsetHeader,
} from '../wire/routes.ts';
import type { PublicFile } from '../wire/spool.ts';
import { brokenFault, type CallFault, parseAnswer, wholeNumber } from './call.ts';
import { createCaller, type LinkParty, smallDeadlineMs } from './caller.ts';
import type { Link } from './ports.ts';

/** What an upload came to. */
export type Uploaded =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'custody'; readonly receipt: Uint8Array };

/** The routes of one relay, as one party with a session; every call opens the session when it has to. */
export interface RelayClient {
  status(packIds: readonly PackId[], signal: AbortSignal): Promise<Result<Status, CallFault>>;
  /** Bytes of a pack from `offset`; none asks for the receipt of a pack that is there whole. */
  upload(
    piece: { readonly packId: PackId; readonly offset: number; readonly sizeBytes: number },
    bytes: Uint8Array,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Result<Uploaded, CallFault>>;
  /** Waits at the relay, up to `waitS`, for something behind `after`. */
  events(
    mailbox: string,
    after: string,
    waitS: number,
    signal: AbortSignal,
  ): Promise<Result<Events, CallFault>>;
  /** At most `length` bytes of a pack from `offset`, at least one. */
  fetch(
    packId: PackId,
    offset: number,
    length: number,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Result<Uint8Array, CallFault>>;
  acknowledge(packIds: readonly PackId[], signal: AbortSignal): Promise<Result<void, CallFault>>;
  keyList(signal: AbortSignal): Promise<Result<Uint8Array, CallFault>>;
  /** Asks for nothing, so that a connection stays open; no session is needed. */
  ping(signal: AbortSignal): Promise<Result<void, CallFault>>;
  /** Pushes a signed file; no session is needed. */
  putPublic(
    name: PublicFile,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<void, CallFault>>;
}

/** `lifetime` ends when the connection is given up. */
export function createRelayClient(
  link: Link,
  party: LinkParty,
  lifetime: AbortSignal,
): RelayClient {
  const { exchange, call } = createCaller(link, party, lifetime);
  const post = (path: string, body: object, signal: AbortSignal) =>
    call({
      ...{ method: 'POST', path: `${routePrefix}/${path}`, signal },
      body: utf8(JSON.stringify(body)),
    });

  return {
    async status(packIds, signal) {
      const answer = await post('packs/status', { packIds }, signal);
      return answer.ok ? parseAnswer(answer.value, statusSchema) : answer;
    },
    async upload({ packId, offset, sizeBytes }, bytes, deadlineMs, signal) {
      const answer = await call({
        method: 'PATCH',
        path: `${routePrefix}/packs/${packId}`,
        headers: {
          'content-type': pieceMediaType,
          [uploadLengthHeader]: String(sizeBytes),
          [uploadOffsetHeader]: String(offset),
        },
        body: bytes,
        deadlineMs,
        signal,
      });
      if (!answer.ok) return answer;
      if (answer.value.status === 201) return ok({ kind: 'custody', receipt: answer.value.body });
      const reached = parseAnswer(answer.value, offsetSchema);
      return reached.ok ? ok({ kind: 'offset', offset: reached.value.offset }) : reached;
    },
    async events(mailbox, after, waitS, signal) {
      const query = `after=${encodeURIComponent(after)}&wait=${Math.min(waitS, longestWaitS)}`;
      const answer = await call({
        ...{ method: 'GET', path: `${routePrefix}/mailboxes/${mailbox}/events?${query}`, signal },
        deadlineMs: waitS * 1000 + smallDeadlineMs,
      });
      return answer.ok ? parseAnswer(answer.value, eventsSchema) : answer;
    },
    async fetch(packId, offset, length, deadlineMs, signal) {
      const answer = await call({
        ...{ method: 'GET', path: `${routePrefix}/packs/${packId}`, deadlineMs, signal },
        headers: { range: `bytes=${offset}-${offset + length - 1}` },
        answerSizeBytes: length,
      });
      if (!answer.ok) return answer;
      const { body } = answer.value;
      const [, first] = /^bytes (\d+)-\d+\//.exec(answer.value.header('content-range') ?? '') ?? [];
      const isRange = answer.value.status === 206 && wholeNumber(first) === offset;
      return isRange && body.length > 0 ? ok(body) : fail(brokenFault('it sent another range'));
    },
    async acknowledge(packIds, signal) {
      const answer = await post('acks', { packIds }, signal);
      return answer.ok ? ok(undefined) : answer;
    },
    async keyList(signal) {
      const path = `${routePrefix}/keylist`;
      const answer = await call({
        method: 'GET',
        path,
        signal,
        answerSizeBytes: documentSizeBytes,
      });
      return answer.ok ? ok(answer.value.body) : answer;
    },
    async ping(signal) {
      const answer = await exchange({ method: 'GET', path: `${routePrefix}/time`, signal });
      return answer.ok ? ok(undefined) : answer;
    },
    async putPublic(name, bytes, signal) {
      const path = `${routePrefix}/${name === 'center.keys' ? 'keylist' : 'access'}`;
      const answer = await exchange({ method: 'PUT', path, body: bytes, signal });
      return answer.ok ? ok(undefined) : answer;
    },
  };
}
