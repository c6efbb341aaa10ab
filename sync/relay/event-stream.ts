import { utf8 } from '../core/bytes.ts';
import type { Events } from '../wire/routes.ts';

/**
 * Events as the body of an answer (WHATWG server-sent events): one `data` line each, and a comment when it is quiet.
 * One is made when the reader wants one, so a slow reader keeps nothing in memory. `onEnd` is called once, when the
 * reader is gone or the events are over or broken.
 */
export function eventStream(
  events: AsyncIterable<Events | 'quiet'>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await iterator.next().catch((cause: unknown) => {
          onEnd();
          throw cause;
        });
        if (next.done) {
          controller.close();
          return onEnd();
        }
        const text = next.value === 'quiet' ? ':\n\n' : `data:${JSON.stringify(next.value)}\n\n`;
        controller.enqueue(utf8(text));
      },
      cancel() {
        // The iterator hears of it by its signal, wherever it waits.
        onEnd();
      },
    },
    { highWaterMark: 0 },
  );
}
