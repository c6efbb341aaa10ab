import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RelayFault, relayFault } from './fault.ts';
import type { Outside } from './part.ts';
import type { Caller, PackStore, PartKey } from './ports.ts';
import type { Turns } from './turns.ts';

/** A pack on its way in. */
export interface Part<T> {
  readonly key: PartKey;
  /** Bytes that are written from the start without a gap. */
  heldBytes: number;
  /** Claimed length of the pack; 0 after a restart, until the next piece tells. */
  totalBytes: number;
  /** Known as soon as the fixed header is here. */
  outside: Outside | undefined;
  touchedAtMs: number;
  /** Set when all bytes are here: what becomes of them. */
  end: Promise<T> | undefined;
  /** Given up: nothing more may be written to it. */
  isDropped: boolean;
}

/** All parts of a relay, by caller and pack. */
export interface Parts<T> {
  /** Takes up the parts that an earlier run left on disk. */
  restore(): Promise<void>;
  find(key: PartKey): Part<T> | undefined;
  /**
   * The part of `key`, made when the caller has fewer than `openPacks`. Where he has as many, one that rests gives
   * its place up: nothing of it is lost but bytes that are sent again. A part that is being made a pack never does.
   */
  open(key: PartKey, openPacks: number): Promise<Result<Part<T>, RelayFault>>;
  /** Gives up every part whose caller may do nothing here any more. */
  dropUnlisted(isListed: (caller: Caller) => boolean): Promise<void>;
  /** Unfinished packs, and their bytes here. */
  count(): { readonly parts: number; readonly bytes: number };
  /** Gives a part up and removes its file: in its turn, so never under a write, and not when it is being made a pack. */
  drop(part: Part<T>): Promise<void>;
  /** The same for who has the turn of the part, or made a pack of it. */
  dropAtOnce(part: Part<T>): Promise<void>;
}

/** A part that nobody touched for this long is given up as soon as its caller begins another one. */
const staleMs = 7 * 24 * 3_600_000;

/** And after this long when its place is wanted: whoever is sending it touches it every few seconds. */
const restMs = 10 * 60_000;

/** Whatever is done to the file of a part is done in its turn, by `nameOf`. `onDropped` hears of every one given up. */
export function createParts<T>(
  {
    store,
    clock,
    turns,
  }: { readonly store: PackStore; readonly clock: Clock; readonly turns: Turns },
  onDropped: (part: Part<T>) => void,
): Parts<T> {
  const parts = new Map<string, Part<T>>();

  const add = (key: PartKey, heldBytes: number): Part<T> => {
    const part: Part<T> = {
      key,
      heldBytes,
      totalBytes: 0,
      outside: undefined,
      touchedAtMs: clock.monotonicMs(),
      end: undefined,
      isDropped: false,
    };
    parts.set(nameOf(key), part);
    return part;
  };

  /** The name is free only after the file is gone, else the removal could hit a successor. */
  const dropAtOnce = async (part: Part<T>): Promise<void> => {
    part.isDropped = true;
    part.heldBytes = 0;
    onDropped(part);
    await store.dropPart(part.key);
    if (parts.get(nameOf(part.key)) === part) parts.delete(nameOf(part.key));
  };
  const drop = (part: Part<T>): Promise<void> =>
    turns.run(nameOf(part.key), async () => {
      if (part.end === undefined) await dropAtOnce(part);
    });
  const openOf = (caller: Caller): readonly Part<T>[] =>
    [...parts.values()].filter((part) => isSame(part.key, caller) && !part.isDropped);

  return {
    async restore() {
      for (const { sizeBytes, ...key } of await store.parts()) add(key, sizeBytes);
    },
    find: (key) => parts.get(nameOf(key)),
    async open(key, openPacks) {
      const restsFor = (ms: number) => (part: Part<T>) =>
        part.end === undefined && clock.monotonicMs() - part.touchedAtMs > ms;
      for (const part of openOf(key).filter(restsFor(staleMs))) await drop(part);
      const known = parts.get(nameOf(key));
      if (known !== undefined) return ok(known);
      const open = openOf(key);
      const [least] = open.filter(restsFor(restMs)).sort(leastWantedFirst);
      if (openPacks > 0 && open.length >= openPacks && least !== undefined) await drop(least);
      // While the file went, a piece of the same pack may have begun it, and others the place.
      const begun = parts.get(nameOf(key));
      if (begun !== undefined) return ok(begun);
      if (openOf(key).length < openPacks) return ok(add(key, 0));
      const message = 'Cannot begin another pack: too many are unfinished';
      return fail(relayFault('relay/too-many-open', message, { retryAfterS: 30, retry: 'later' }));
    },
    async dropUnlisted(isListed) {
      for (const part of [...parts.values()]) if (!isListed(part.key)) await drop(part);
    },
    drop,
    dropAtOnce,
    count() {
      const bytes = [...parts.values()].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
      return { parts: parts.size, bytes };
    },
  };
}

/** What may wait longest goes first: the higher class, then what rests for longer. */
function leastWantedFirst(a: Part<unknown>, b: Part<unknown>): number {
  const class_ = (part: Part<unknown>): number => part.outside?.class ?? 3;
  return class_(b) - class_(a) || a.touchedAtMs - b.touchedAtMs;
}

/** One text for one part; no part of it can hold the separator. */
export function nameOf({ center, handle, packId }: PartKey): string {
  return `${center}.${handle}.${packId}`;
}

function isSame(a: Caller, b: Caller): boolean {
  return a.center === b.center && a.handle === b.handle;
}
