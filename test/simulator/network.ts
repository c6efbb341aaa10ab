import type { Link, LinkAnswer, LinkFault, LinkRequest } from '#sync/agent/ports.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { Life } from './life.ts';
import type { Timeline } from './timeline.ts';

type Answer = Result<LinkAnswer, LinkFault>;
type Handler = (request: Request) => Promise<Response>;

/** How often each fault strikes a request, 0 to 1. */
export interface Weather {
  readonly cut: number;
  readonly lostAnswer: number;
  readonly twice: number;
  readonly lie: number;
  /** A relay that is broken inside changes a byte of a pack, on its way in or out. */
  readonly damage: number;
}

export const fairWeather: Weather = { cut: 0, lostAnswer: 0, twice: 0, lie: 0, damage: 0 };

/** The way between one party and the relay. */
export interface Way {
  readonly name: string;
  isUp: boolean;
  bytesPerS: number;
  latencyMs: number;
  weather: Weather;
  /** Takes the link away; what is under way arrives in part, or not at all. */
  cut(): void;
  /** A link for one life of an agent. */
  connect(life: Life): Link;
}

/** Where the requests go; undefined while no relay runs. */
export interface RelayDoor {
  handler: Handler | undefined;
}

const nextStep = 'It is tried again by itself';
const linkFaultOf = (kind: LinkFault['kind']): Result<never, LinkFault> =>
  fail(fault(kind, `The link of the simulator says ${kind}`, nextStep, 'later'));
const faultOf: (kind: LinkFault['kind']) => Answer = linkFaultOf;

export function createWay(name: string, timeline: Timeline, door: RelayDoor): Way {
  const flights = new Set<() => void>();
  const { chance } = timeline;

  const way: Way = {
    name,
    isUp: true,
    bytesPerS: 250_000,
    latencyMs: 300,
    weather: fairWeather,
    cut() {
      way.isUp = false;
      for (const cut of [...flights]) cut();
    },
    connect(life) {
      const open = new Set<(answer: Answer) => void>();
      return {
        request: (request) =>
          new Promise((resolve) => {
            const end = fly(request, (answer) => {
              open.delete(end);
              if (!life.isOver()) resolve(answer);
            });
            open.add(end);
          }),
        open: (deadlineMs, onReached, signal) =>
          new Promise((resolve) => {
            const end = (answer: Result<void, LinkFault>): void => {
              undo();
              signal.removeEventListener('abort', onAbort);
              if (!life.isOver()) resolve(answer);
            };
            const onAbort = (): void => end(linkFaultOf('link/closed'));
            const undoDeadline = timeline.after(deadlineMs, () => end(linkFaultOf('link/timeout')));
            const undoReach = timeline.after(travelMs(0), () => {
              if (!way.isUp || door.handler === undefined) return;
              onReached();
              undoOpen = timeline.after(travelMs(0), () => {
                if (way.isUp) end(ok(undefined));
              });
            });
            let undoOpen = (): void => undefined;
            const undo = (): void => {
              undoDeadline();
              undoReach();
              undoOpen();
            };
            signal.addEventListener('abort', onAbort);
            if (signal.aborted) onAbort();
          }),
        reset() {
          for (const end of [...open]) end(faultOf('link/reset'));
        },
        close() {
          for (const end of [...open]) end(faultOf('link/closed'));
        },
      };
    },
  };

  const travelMs = (sizeBytes: number): number =>
    way.latencyMs * chance.between(0.5, 1.5) + (sizeBytes * 1000) / way.bytesPerS;

  /** One exchange; `done` is called once. The answer is a function that ends it early. */
  function fly(request: LinkRequest, done: (answer: Answer) => void): (answer: Answer) => void {
    const gone = new AbortController();
    const sizeBytes = request.body?.length ?? 0;
    const { weather } = way;
    let isEnded = false;
    let isArrived = false;
    const end = (answer: Answer): void => {
      if (isEnded) return;
      isEnded = true;
      flights.delete(cut);
      undoDeadline();
      request.signal.removeEventListener('abort', giveUp);
      gone.abort();
      done(answer);
    };
    const giveUp = (): void => end(faultOf('link/closed'));
    /** The first bytes may have come through, and the sender may not hear of the cut for long. */
    const cut = (): void => {
      if (!isArrived && sizeBytes > 0) arrive(Math.floor(chance.between(0, sizeBytes)));
      isArrived = true;
      if (chance.is(0.7)) timeline.after(way.latencyMs, giveUp);
    };
    const arrive = (bytes = sizeBytes): void => {
      const { body } = request;
      const isPack = /\/packs\/[0-9a-f]{64}$/.test(request.path);
      const harm = (pack: Uint8Array): Uint8Array =>
        isPack && chance.is(weather.damage) ? damaged(pack, chance.whole(0, 2 ** 20)) : pack;
      const sent = body === undefined ? request : { ...request, body: harm(body) };
      void serve(door, sent, bytes, gone.signal).then((answer) => {
        if (isEnded || bytes < sizeBytes) return;
        if (answer === undefined || !way.isUp || chance.is(weather.lostAnswer)) return cut();
        timeline.after(travelMs(answer.body.length), () => {
          if (!way.isUp) return;
          const isLong = answer.body.length > request.answerSizeBytes;
          const isGet = request.method === 'GET';
          const heard = isGet ? { ...answer, body: harm(answer.body) } : answer;
          const take = heard.status < 300 && !isLong ? request.stream?.(heard) : undefined;
          take?.(heard.body);
          const left = take === undefined ? heard : { ...heard, body: new Uint8Array() };
          end(isLong ? faultOf('link/not-http') : ok(left));
        });
      });
    };
    const undoDeadline = timeline.after(request.deadlineMs, () => end(faultOf('link/timeout')));
    request.signal.addEventListener('abort', giveUp);
    flights.add(cut);
    if (request.signal.aborted || !way.isUp) {
      timeline.after(way.latencyMs, () => (chance.is(0.5) ? end(faultOf('link/down')) : undefined));
      return end;
    }
    const toMs = travelMs(sizeBytes);
    timeline.after(toMs, () => {
      if (isArrived || isEnded) return;
      isArrived = true;
      if (chance.is(weather.cut)) {
        isArrived = false;
        return cut();
      }
      if (chance.is(weather.lie)) return lie();
      arrive();
      if (chance.is(weather.twice)) timeline.after(toMs, () => arrive());
    });
    /** A broken relay or a box between: it says no, whether it did the work or not. */
    const lie = (): void => {
      if (chance.is(0.3)) void serve(door, request, sizeBytes, gone.signal);
      const status = chance.pick([500, 502, 503, 422]);
      const headers: ReadonlyMap<string, string> = new Map(
        status === 503 ? [['retry-after', '5']] : [],
      );
      timeline.note(`${name}: a lie, ${status} to ${request.method} ${request.path.slice(0, 20)}`);
      timeline.after(way.latencyMs, () => end(ok(answerOf(status, headers, new Uint8Array()))));
    };
    return end;
  }
  return way;
}

/** Hands the first `bytes` of a request to the relay; undefined when none runs, or it died over it. */
async function serve(
  door: RelayDoor,
  request: LinkRequest,
  bytes: number,
  signal: AbortSignal,
): Promise<LinkAnswer | undefined> {
  const { handler } = door;
  if (handler === undefined) return undefined;
  const { body, headers = {}, method, path } = request;
  const isWhole = bytes >= (body?.length ?? 0);
  const sent = isWhole ? body : cutBody(body?.slice(0, bytes) ?? new Uint8Array());
  const response = await handler(
    new Request(`https://relay.example:8443${path}`, {
      ...{ method, headers, signal },
      ...(sent && { body: sent, duplex: 'half' as const }),
    }),
  );
  const answer = new Uint8Array(await response.arrayBuffer());
  return answerOf(response.status, response.headers, answer);
}

function damaged(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  const index = at % Math.max(1, copy.length);
  if (copy.length > 0) copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** A body that breaks off behind `bytes`. */
function cutBody(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    pull: (controller) => controller.error(new Error('The connection was cut')),
  });
}

function answerOf(
  status: number,
  headers: { get(name: string): string | null | undefined },
  body: Uint8Array,
): LinkAnswer {
  return { status, header: (name) => headers.get(name) ?? undefined, body };
}
