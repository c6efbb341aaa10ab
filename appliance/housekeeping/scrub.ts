import { tellDamaged } from './damage.ts';
import type { HousekeepingPorts, PlacedInstance } from './ports.ts';

export interface ScrubConfig {
  /** Read at most so fast, so that intake and sending do not notice. */
  readonly bytesPerS: number;
  /** From the end of one pass to the next, milliseconds. */
  readonly everyMs: number;
}

/** Reads everything that is stored again, and finds what rotted before somebody needs it. */
export interface Scrub {
  /** One pass from where the last run stopped; how many objects were read and how many no longer are as they came. */
  pass(signal: AbortSignal): Promise<{ readonly read: number; readonly damaged: number }>;
  run(signal: AbortSignal): Promise<void>;
}

type Place = Pick<PlacedInstance, 'segment' | 'recordOffset'>;

const pageSize = 50;
const afterFaultMs = 600_000;

export function createScrub(
  ports: Pick<HousekeepingPorts, 'catalog' | 'recorder' | 'objects' | 'clock' | 'log' | 'onChange'>,
  config: ScrubConfig,
): Scrub {
  const { catalog, clock } = ports;

  async function check(object: PlacedInstance, signal: AbortSignal): Promise<'whole' | 'damaged'> {
    const pace = (bytes: number) => clock.wait((1_000 * bytes) / config.bytesPerS, signal);
    if (await ports.objects.isIntact(object, pace)) return 'whole';
    // A store that closes reads like a damaged one, and so does a segment that was just given back.
    if (signal.aborted || !(await isStillThere(object))) return 'whole';
    await tellDamaged(ports, object);
    ports.onChange();
    return 'damaged';
  }

  async function isStillThere({ segment, recordOffset, datasetSha256 }: PlacedInstance) {
    const before = { segment, recordOffset: recordOffset - 1 };
    const [now] = await catalog.placed(before, 1);
    return (
      now?.segment === segment &&
      now.recordOffset === recordOffset &&
      now.datasetSha256 === datasetSha256
    );
  }

  async function pass(signal: AbortSignal) {
    let after: Place | undefined = await readCursor();
    let [read, damaged] = [0, 0];
    while (!signal.aborted) {
      const page = await catalog.placed(after, pageSize);
      for (const object of page) {
        if (signal.aborted) return { read, damaged };
        after = object;
        if (object.isBad) continue;
        read += 1;
        if ((await check(object, signal)) === 'damaged') damaged += 1;
      }
      if (page.length < pageSize) break;
      if (after && !signal.aborted) await writeCursor(after);
    }
    if (!signal.aborted) {
      await catalog.writeNote('scrub', JSON.stringify({ doneAtMs: clock.nowMs() }));
      ports.log.info('housekeeping/scrubbed', { read, damaged });
    }
    return { read, damaged };
  }

  const writeCursor = ({ segment, recordOffset }: Place): Promise<void> =>
    catalog.writeNote('scrub', JSON.stringify({ segment, recordOffset }));

  async function readCursor() {
    const note = await readNote();
    return 'segment' in note ? note : undefined;
  }

  async function readNote(): Promise<
    | { readonly segment: string; readonly recordOffset: number }
    | { readonly doneAtMs: number | undefined }
  > {
    const text = await catalog.readNote('scrub');
    return text === undefined ? { doneAtMs: undefined } : JSON.parse(text);
  }

  /** A clock that was set back must not put the next pass off for long. */
  async function restMs(): Promise<number> {
    const note = await readNote();
    if ('segment' in note || note.doneAtMs === undefined) return 0;
    const sinceMs = clock.nowMs() - note.doneAtMs;
    return Math.min(config.everyMs, Math.max(0, config.everyMs - sinceMs));
  }

  return {
    pass,
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          await clock.wait(await restMs(), signal);
          await pass(signal);
        } catch (cause) {
          const message = cause instanceof Error ? cause.message : String(cause);
          ports.log.error('housekeeping/scrub-failed', { message });
          await clock.wait(afterFaultMs, signal);
        }
      }
    },
  };
}
