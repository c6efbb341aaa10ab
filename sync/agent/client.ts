import { utf8 } from '../core/bytes.ts';
import { createGatherer } from '../core/gatherer.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { joinSignals } from '../core/signals.ts';
import { type BatchedPack, encodeBatch } from '../wire/batch.ts';
import { documentSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import {
  type Batch,
  batchMediaType,
  batchSchema,
  type Events,
  eventStreamMediaType,
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
import { brokenFault, type CallFault, parseAnswer, parseText, wholeNumber } from './call.ts';
import { type Caller, createCaller, type LinkParty, smallDeadlineMs } from './caller.ts';
import { createEventReader } from './event-reader.ts';
import type { Link, LinkRequest } from './ports.ts';

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
    how: Pick<LinkRequest, 'deadlineMs' | 'pace' | 'signal' | 'use'>,
  ): Promise<Result<Uploaded, CallFault>>;
  /** Several whole packs in one request. */
  batch(
    packs: readonly BatchedPack[],
    how: Pick<LinkRequest, 'deadlineMs' | 'pace' | 'signal' | 'use'>,
  ): Promise<Result<Batch, CallFault>>;
  /** Waits at the relay, up to `waitS`, for something behind `after`. */
  events(
    mailbox: string,
    after: string,
    waitS: number,
    signal: AbortSignal,
  ): Promise<Result<Events, CallFault>>;
  /**
   * Follows the stream of a mailbox until it ends, which is no fault, or breaks. `onEvents` hears what is behind
   * `after`, at once and whenever something comes, and that it is quiet.
   */
  follow(
    mailbox: string,
    after: string,
    onEvents: (events: Events | 'quiet') => void,
    signal: AbortSignal,
  ): Promise<Result<void, CallFault>>;
  /** At most `length` bytes of a pack from `offset`, at least one: those that came before a cut, too. */
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
  ping(
    signal: AbortSignal,
    use?: LinkRequest['use'],
    deadlineMs?: number,
  ): Promise<Result<void, CallFault>>;
  /** Pushes a signed file; no session is needed. */
  putPublic(
    name: PublicFile,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<void, CallFault>>;
}

/** A relay ends a stream after an hour, and says something every 50 s. */
const streamLifeMs = 70 * 60_000;
const streamSilenceMs = 120_000;
/** Names of packs, an hour long. */
const streamSizeBytes = 256 * 1024 * 1024;

/** Bytes of a pack that stop for so long do not come any more. */
const fetchSilenceMs = 45_000;

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
    ...uploadsOver(call),
    async events(mailbox, after, waitS, signal) {
      const query = `after=${encodeURIComponent(after)}&wait=${Math.min(waitS, longestWaitS)}`;
      const answer = await call({
        ...{ method: 'GET', path: `${routePrefix}/mailboxes/${mailbox}/events?${query}`, signal },
        deadlineMs: waitS * 1000 + smallDeadlineMs,
      });
      return answer.ok ? parseAnswer(answer.value, eventsSchema) : answer;
    },
    async follow(mailbox, after, onEvents, signal) {
      const path = `${routePrefix}/mailboxes/${mailbox}/events?after=${encodeURIComponent(after)}`;
      const reader = createEventReader(documentSizeBytes);
      const broken = new AbortController();
      const read = (bytes: Uint8Array): void => {
        const heard = broken.signal.aborted ? [] : reader.read(bytes);
        const events = heard?.map((text) => parseText(text, eventsSchema));
        if (events === undefined || events.some((each) => each === undefined)) broken.abort();
        else if (events.length === 0) onEvents('quiet');
        else for (const each of events) if (each !== undefined) onEvents(each);
      };
      const stop = joinSignals(signal, broken.signal);
      const answer = await call({
        ...{ method: 'GET', path, headers: { accept: eventStreamMediaType } },
        signal: stop.signal,
        ...{
          deadlineMs: streamLifeMs,
          silenceMs: streamSilenceMs,
          answerSizeBytes: streamSizeBytes,
        },
        stream: ({ header }) =>
          header('content-type')?.startsWith(eventStreamMediaType) ? read : undefined,
      });
      stop.release();
      if (broken.signal.aborted) return fail(brokenFault('its events have another form'));
      if (!answer.ok || answer.value.body.length === 0) return answer.ok ? ok(undefined) : answer;
      // An older relay answers at once, as if it had been asked.
      const events = parseAnswer(answer.value, eventsSchema);
      if (events.ok) onEvents(events.value);
      return events.ok ? ok(undefined) : events;
    },
    async fetch(packId, offset, length, deadlineMs, signal) {
      const came = createGatherer();
      const answer = await call({
        ...{ method: 'GET', path: `${routePrefix}/packs/${packId}`, deadlineMs, signal },
        headers: { range: `bytes=${offset}-${offset + length - 1}` },
        ...{ answerSizeBytes: length, silenceMs: fetchSilenceMs },
        stream(head) {
          const [, first] = /^bytes (\d+)-\d+\//.exec(head.header('content-range') ?? '') ?? [];
          const isRange = head.status === 206 && wholeNumber(first) === offset;
          return isRange
            ? (bytes) => came.sizeBytes + bytes.length <= length && came.add(bytes)
            : undefined;
        },
      });
      if (came.sizeBytes > 0) return ok(came.take());
      return answer.ok ? fail(brokenFault('it sent another range')) : answer;
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
    async ping(signal, use = 'small', deadlineMs = smallDeadlineMs) {
      const path = `${routePrefix}/time`;
      const answer = await exchange({ method: 'GET', path, signal, use, deadlineMs });
      return answer.ok ? ok(undefined) : answer;
    },
    async putPublic(name, bytes, signal) {
      const path = `${routePrefix}/${name === 'center.keys' ? 'keylist' : 'access'}`;
      const answer = await exchange({ method: 'PUT', path, body: bytes, signal });
      return answer.ok ? ok(undefined) : answer;
    },
  };
}

/** The requests that carry packs to the relay. */
function uploadsOver(call: Caller['call']): Pick<RelayClient, 'upload' | 'batch'> {
  return {
    async upload({ packId, offset, sizeBytes }, bytes, how) {
      const answer = await call({
        method: 'PATCH',
        path: `${routePrefix}/packs/${packId}`,
        headers: {
          'content-type': pieceMediaType,
          [uploadLengthHeader]: String(sizeBytes),
          [uploadOffsetHeader]: String(offset),
        },
        body: bytes,
        once: true,
        ...how,
      });
      if (!answer.ok) return answer;
      if (answer.value.status === 201) return ok({ kind: 'custody', receipt: answer.value.body });
      const reached = parseAnswer(answer.value, offsetSchema);
      return reached.ok ? ok({ kind: 'offset', offset: reached.value.offset }) : reached;
    },
    async batch(packs, how) {
      const answer = await call({
        ...{ method: 'POST', path: `${routePrefix}/packs/batch`, body: encodeBatch(packs) },
        headers: { 'content-type': batchMediaType },
        once: true,
        ...how,
      });
      return answer.ok ? parseAnswer(answer.value, batchSchema) : answer;
    },
  };
}
