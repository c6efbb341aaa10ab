import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createArrival } from '#sync/relay/arrival.ts';

/** What happens to a body: bytes come, somebody asks what is here, a take takes a while. */
const plans = fc.record({
  steps: fc.array(fc.oneof(fc.integer({ min: 1, max: 90_000 }), fc.constant('asked' as const)), {
    maxLength: 30,
  }),
  isCut: fc.boolean(),
});

test('every byte is handed on once and in order, whoever asks meanwhile, and cut or not', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async ({ steps, isCut }) => {
      let at = 0;
      let came = 0;
      const asked: Promise<void>[] = [];
      async function* body(): AsyncGenerator<Uint8Array> {
        for (const step of steps) {
          if (step === 'asked') {
            const before = came;
            asked.push(arrival.flush().then(() => assert.ok(at >= before, 'all that came counts')));
            continue;
          }
          came += step;
          yield new Uint8Array(step);
        }
        if (isCut) throw new Error('the sender is gone');
      }
      const arrival = createArrival(body(), async (from, bytes) => {
        assert.equal(from, at);
        await Promise.resolve();
        at += bytes.length;
      });
      await arrival.read();
      await Promise.all(asked);
      assert.equal(at, came);
    }),
  );
});

test('a disk that fails is told, not taken for a sender that is gone', async () => {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(300_000);
    yield new Uint8Array(1);
  }
  const arrival = createArrival(body(), () => Promise.reject(new Error('disk')));
  await assert.rejects(arrival.read(), /disk/);
});
