import type { Link, LinkAnswer, LinkFault, LinkRequest } from '#sync/agent/ports.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { uploadOffsetHeader } from '#sync/wire/routes.ts';
import type { Life } from './life.ts';
import { createPipe } from './pipe.ts';
import {
  answerOf,
  cargoOf,
  damaged,
  type Flow,
  headBytesOf,
  keptOf,
  packOf,
  type RelayDoor,
  serve,
} from './relay-door.ts';
import type { Timeline } from './timeline.ts';
import { createTraffic, type Heard, type Traffic } from './traffic.ts';
import { carryUp } from './upload.ts';

type Answer = Result<LinkAnswer, LinkFault>;

/** How often each fault strikes a request, 0 to 1. */
export interface Weather {
  readonly cut: number;
  readonly lostAnswer: number;
  /** The request is delivered again, at once or much later. */
  readonly twice: number;
  readonly lie: number;
  /** A relay that is broken inside changes a byte of a pack, on its way in or out. */
  readonly damage: number;
}

export const fairWeather: Weather = { cut: 0, lostAnswer: 0, twice: 0, lie: 0, damage: 0 };

/** The way between one party and the relay. */
export interface Way {
  readonly name: string;
  readonly traffic: Traffic;
  isUp: boolean;
  latencyMs: number;
  weather: Weather;
  readonly bytesPerS: number;
  setRate(bytesPerS: number): void;
  /** Takes the link away; what is under way arrives in part, or not at all. */
  cut(): void;
  /** The agent died: what has not left it never does. */
  abandon(): void;
  /** A link for one life of an agent. */
  connect(life: Life): Link;
}

/** What an answer weighs beside its body. */
const answerHeadBytes = 200;
const nextStep = 'It is tried again by itself';
const linkFaultOf = (kind: LinkFault['kind']): Result<never, LinkFault> =>
  fail(fault(kind, `The link of the simulator says ${kind}`, nextStep, 'later'));
const faultOf: (kind: LinkFault['kind']) => Answer = linkFaultOf;
/** The longest time after which a copy of a request may still come. */
const lateMs = 40_000;

function heardOf(answer: Answer): Heard {
  if (!answer.ok || answer.value.status >= 400) return 'no';
  const offset = answer.value.header(uploadOffsetHeader);
  return { offset: offset === undefined ? undefined : Number(offset) };
}

/** `eavesdrop` sees every byte that passes, in the clear: the relay does. */
export function createWay(
  name: string,
  timeline: Timeline,
  door: RelayDoor,
  eavesdrop: (bytes: Uint8Array | string) => void,
): Way {
  const flights = new Set<() => void>();
  /** Those of which the agent still holds a part. */
  const leaving = new Set<() => void>();
  const { chance } = timeline;
  // The agent keeps the queue in front of the link short by its pace; nobody paces what comes down.
  const up = createPipe(timeline, 250_000, 'queue');
  const down = createPipe(timeline, 250_000);
  const traffic = createTraffic(timeline.elapsedMs, up, () => 2 * way.latencyMs);

  const way: Way = {
    name,
    traffic,
    isUp: true,
    latencyMs: 300,
    weather: fairWeather,
    get bytesPerS() {
      return up.bytesPerS;
    },
    setRate(bytesPerS) {
      traffic.unrest();
      for (const pipe of [up, down]) pipe.setRate(bytesPerS);
    },
    cut() {
      way.isUp = false;
      traffic.unrest();
      for (const cut of [...flights]) cut();
    },
    abandon() {
      traffic.unrest();
      for (const abandon of [...leaving]) abandon();
    },
    connect(life) {
      traffic.unrest();
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
            const undoReach = timeline.after(travelMs(), () => {
              if (!way.isUp || door.handler === undefined) return;
              onReached();
              undoOpen = timeline.after(travelMs(), () => {
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
          if (open.size > 0) traffic.unrest();
          for (const end of [...open]) end(faultOf('link/reset'));
        },
        standing() {
          const now = [...open];
          return () => {
            if (now.some((end) => open.has(end))) traffic.unrest();
            for (const end of now) if (open.has(end)) end(faultOf('link/reset'));
          };
        },
        close() {
          if (open.size > 0) traffic.unrest();
          for (const end of [...open]) end(faultOf('link/closed'));
        },
      };
    },
  };

  const travelMs = (): number => way.latencyMs * chance.between(0.5, 1.5);
  /** A pipe, then the distance: what is sent together may arrive in another order. */
  const carryDown = (sizeBytes: number, onArrival: () => void) =>
    down.carry(sizeBytes, false, () => timeline.after(travelMs(), onArrival));

  /** One exchange; `done` is called once. The answer is a function that ends it early. */
  function fly(request: LinkRequest, done: (answer: Answer) => void): (answer: Answer) => void {
    const gone = new AbortController();
    const { body } = request;
    const sizeBytes = body?.length ?? 0;
    const headBytes = headBytesOf(request);
    const packId = packOf(request.path);
    const cargo = cargoOf(request);
    const isUpload = cargo.length > 0;
    const spoil = (): void => {
      for (const each of cargo) traffic.spoilt(each.packId);
    };
    const { weather } = way;
    let isEnded = false;
    let isArrived = false;
    let breakOff = (): void => undefined;
    eavesdrop(request.path);
    if (body !== undefined) eavesdrop(body);

    const end = (answer: Answer): void => {
      if (isEnded) return;
      isEnded = true;
      const status = answer.ok ? answer.value.status : undefined;
      landed?.(carriedBytes(), heardOf(answer));
      // Only now does the agent know, and what it sent meanwhile may be in vain as well.
      if (status !== undefined && status >= 400 && status !== 409) spoil();
      load?.stop();
      flights.delete(cut);
      leaving.delete(cut);
      undoDeadline();
      undoSilence();
      request.signal.removeEventListener('abort', giveUp);
      gone.abort('over');
      done(answer);
    };
    /** It made way for another, or the link is gone. */
    const giveUp = (): void => end(faultOf('link/closed'));
    const carriedBytes = (): number =>
      Math.max(0, Math.min(sizeBytes, (load?.carriedBytes() ?? 0) - headBytes));
    /** The first bytes may have come through, and the sender may not hear of the cut for long. */
    const cut = (): void => {
      load?.stop();
      breakOff();
      if (!isArrived && carriedBytes() > 0) arrive(chance.whole(0, carriedBytes()));
      isArrived = true;
      if (chance.is(0.7)) timeline.after(way.latencyMs, giveUp);
    };
    const harm = (pack: Uint8Array): Uint8Array => {
      const isPack = packId !== undefined || isUpload;
      if (!isPack || !chance.is(weather.damage)) return pack;
      // A batch has no answer that says so: what it does not name goes once more.
      if (packId === undefined) spoil();
      return damaged(pack, chance.whole(0, 2 ** 20));
    };
    const takerOf = (head: LinkAnswer, isLong: boolean) =>
      head.status < 300 && !isLong ? request.stream?.(head) : undefined;
    let isPoured = false;
    let undoSilence = (): void => undefined;
    /** Pieces of a stream come one behind the other; a cut leaves it without another byte. */
    let before = Promise.resolve();
    let taker: ReturnType<typeof takerOf>;
    const pour: Flow = (head, piece) => {
      isPoured = true;
      eavesdrop(piece);
      before = before.then(() => new Promise((next) => void pourOne(head, piece, next)));
    };
    const pourOne = (head: LinkAnswer, piece: Uint8Array, next: () => void): void => {
      down.carry(piece.length, false, () => {
        timeline.after(way.latencyMs, () => {
          if (isEnded || !way.isUp) return;
          taker ??= takerOf(head, false);
          taker?.(piece);
          undoSilence();
          const silent = (): void => end(faultOf('link/timeout'));
          if (request.silenceMs !== undefined) {
            undoSilence = timeline.after(request.silenceMs, silent);
          }
          next();
        });
      });
    };
    const arrive = (bytes = sizeBytes): void => {
      const sent = body === undefined ? request : { ...request, body: harm(body) };
      const flow = request.stream === undefined ? undefined : pour;
      void serve(door, sent, bytes, gone.signal, flow).then((answer) => {
        hear(answer);
        if (isEnded || bytes < sizeBytes) return;
        if (answer === undefined || !way.isUp || chance.is(weather.lostAnswer)) {
          traffic.unrest();
          return cut();
        }
        const isGet = request.method === 'GET';
        const heard = isGet ? { ...answer, body: harm(answer.body) } : answer;
        const isLong = heard.body.length > request.answerSizeBytes;
        const take = isPoured ? () => undefined : takerOf(heard, isLong);
        const coming = carryDown(heard.body.length + answerHeadBytes, () => {
          if (!way.isUp || isEnded) return;
          take?.(heard.body);
          const left = take === undefined ? heard : { ...heard, body: new Uint8Array() };
          end(isLong ? faultOf('link/not-http') : ok(left));
        });
        // What came before a cut counts, for whoever takes it as it comes.
        breakOff = () => {
          coming.stop();
          const bytes = coming.carriedBytes() - answerHeadBytes;
          if (bytes > 0 && !isEnded) take?.(heard.body.subarray(0, bytes));
          breakOff = () => undefined;
        };
      });
    };
    const hear = (answer: LinkAnswer | undefined): void => {
      if (answer !== undefined) eavesdrop(answer.body);
      if (answer === undefined || !isUpload) return;
      const kept = keptOf(cargo, request, answer);
      for (const each of kept) traffic.kept(...each);
      // A relay that could not write one pack of a batch does not name it: that one goes once more.
      const isBatch = packId === undefined && answer.status < 300;
      const left = isBatch ? cargo.filter((each) => !kept.has(each.packId)) : [];
      for (const each of left) traffic.spoilt(each.packId);
    };
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

    const undoDeadline = timeline.after(request.deadlineMs, () => {
      if (isUpload) traffic.unrest();
      end(faultOf('link/timeout'));
    });
    request.signal.addEventListener('abort', giveUp);
    flights.add(cut);
    leaving.add(cut);
    const isDown = request.signal.aborted || !way.isUp;
    const landed = isUpload && !isDown ? traffic.begin(cargo, sizeBytes, headBytes) : undefined;
    const isStat = (): boolean => packId !== undefined && traffic.isStat(packId);
    const load = isDown
      ? undefined
      : carryUp(up, request, headBytes, isStat, { onLeft: () => leaving.delete(cut), onLast });
    function onLast(): void {
      timeline.after(travelMs(), () => {
        if (isArrived || isEnded) return;
        if (chance.is(weather.cut)) {
          traffic.unrest();
          return cut();
        }
        isArrived = true;
        if (chance.is(weather.lie)) return lie();
        arrive();
        if (chance.is(weather.twice)) {
          const inMs = chance.is(0.5) ? way.latencyMs : chance.between(0, lateMs);
          timeline.after(inMs, () => void serve(door, request, sizeBytes, gone.signal).then(hear));
        }
      });
    }
    if (isDown) timeline.after(way.latencyMs, () => chance.is(0.5) && end(faultOf('link/down')));
    return end;
  }
  return way;
}
