import type { Clock } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RelayFault, relayFault } from './fault.ts';
import type { Outside } from './part.ts';
import type { Caller, PackStore, PartKey } from './ports.ts';

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
  /** The part of `key`, made when the caller has fewer than `openPacks`. */
  open(key: PartKey, openPacks: number): Promise<Result<Part<T>, RelayFault>>;
  /** Gives a part up and removes its file. */
  drop(part: Part<T>): Promise<void>;
}

/** A part that nobody touched for this long gives its place up. */
const staleMs = 7 * 24 * 3_600_000;

/** `onDropped` hears of every part that is given up. */
export function createParts<T>(
  store: PackStore,
  clock: Clock,
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
  const drop = async (part: Part<T>): Promise<void> => {
    part.isDropped = true;
    part.heldBytes = 0;
    onDropped(part);
    await store.dropPart(part.key);
    if (parts.get(nameOf(part.key)) === part) parts.delete(nameOf(part.key));
  };

  return {
    async restore() {
      for (const { sizeBytes, ...key } of await store.parts()) add(key, sizeBytes);
    },
    find: (key) => parts.get(nameOf(key)),
    async open(key, openPacks) {
      const stale: Part<T>[] = [];
      let open = 0;
      for (const part of parts.values()) {
        if (!isSame(part.key, key)) continue;
        if (clock.monotonicMs() - part.touchedAtMs > staleMs) stale.push(part);
        else open++;
      }
      for (const part of stale) await drop(part);
      const known = parts.get(nameOf(key));
      if (known !== undefined) return ok(known);
      if (open < openPacks) return ok(add(key, 0));
      const message = 'Cannot begin another pack: too many are unfinished';
      return fail(relayFault('relay/too-many-open', message, { retryAfterS: 30, retry: 'later' }));
    },
    drop,
  };
}

/** One text for one part; no part of it can hold the separator. */
export function nameOf({ center, handle, packId }: PartKey): string {
  return `${center}.${handle}.${packId}`;
}

function isSame(a: Caller, b: Caller): boolean {
  return a.center === b.center && a.handle === b.handle;
}
