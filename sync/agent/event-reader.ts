import { utf8Text } from '../core/bytes.ts';
import { createGatherer } from '../core/gatherer.ts';

/** Reads server-sent events (WHATWG HTML, 9.2.6) from bytes that come in any pieces. */
export interface EventReader {
  /**
   * The data of the events that these bytes finish; comments, names and ids mean nothing here. Undefined when an event
   * is longer than allowed or no UTF-8: the rest of such a stream cannot be trusted.
   */
  read(bytes: Uint8Array): readonly string[] | undefined;
}

const newLine = 0x0a;
const carriageReturn = 0x0d;

/** `eventSizeBytes` bounds what is kept of an event that does not end. */
export function createEventReader(eventSizeBytes: number): EventReader {
  const line = createGatherer();
  let data: string[] = [];
  /** What `data` costs; a line without text costs its line end. */
  let dataBytes = 0;
  let hadReturn = false;

  /** The data of an event that an empty line ended, or undefined. */
  const endLine = (): string | undefined => {
    const text = utf8Text(line.take());
    if (text === undefined) throw new RangeError('no UTF-8');
    if (text === '') {
      const event = data.length > 0 ? data.join('\n') : undefined;
      data = [];
      dataBytes = 0;
      return event;
    }
    const [found, value = ''] = /^data(?:: ?(.*))?$/s.exec(text) ?? [];
    if (found === undefined) return undefined;
    data.push(value);
    dataBytes += value.length + 1;
    return undefined;
  };

  return {
    read(bytes) {
      const events: string[] = [];
      let from = 0;
      try {
        for (const [at, byte] of bytes.entries()) {
          const isSecond = byte === newLine && hadReturn && line.sizeBytes === 0 && from === at;
          hadReturn = byte === carriageReturn;
          if (byte !== newLine && byte !== carriageReturn) continue;
          line.add(bytes.subarray(from, at));
          from = at + 1;
          if (isSecond) continue;
          const event = endLine();
          if (event !== undefined) events.push(event);
        }
      } catch {
        return undefined;
      }
      line.add(bytes.subarray(from));
      return dataBytes + line.sizeBytes > eventSizeBytes ? undefined : events;
    },
  };
}
