import type { Context, Env, Hono, MiddlewareHandler } from 'hono';
import { parseBatch } from '../wire/batch.ts';
import { batchSizeBytes } from '../wire/limits.ts';
import type { PackId } from '../wire/pack-id.ts';
import { type Batch, batchMediaType, routePrefix } from '../wire/routes.ts';
import { readBytes } from './body.ts';
import { type RelayFault, relayFault } from './fault.ts';
import type { Caller } from './ports.ts';
import type { Relay } from './relay.ts';

interface BatchAnswers<E extends Env> {
  readonly withSession: MiddlewareHandler<E>;
  /** Behind `withSession`. */
  readonly callerOf: (c: Context) => Caller;
  readonly refuse: (c: Context, fault: RelayFault) => Response;
}

/** Several small packs in one request: each is kept, or refused, as if it had come alone. */
export function addBatchRoute<E extends Env>(
  app: Hono<E>,
  relay: Pick<Relay, 'uploads' | 'receipts'>,
  { withSession, callerOf, refuse }: BatchAnswers<E>,
): void {
  app.post(`${routePrefix}/packs/batch`, withSession, async (c) => {
    const isBatch = c.req.header('content-type') === batchMediaType;
    const body = isBatch ? await readBytes(c, batchSizeBytes) : undefined;
    if (body?.ok === false) return refuse(c, body.fault);
    const packs = body && parseBatch(body.value);
    if (packs === undefined || packs.length === 0) {
      return refuse(c, relayFault('relay/bad-request', 'Cannot take that as a batch of packs'));
    }
    const kept: { packId: PackId; sizeBytes: number }[] = [];
    const refused: { packId: PackId; code: string }[] = [];
    for (const { packId, bytes } of packs) {
      const piece = { offset: 0, totalBytes: bytes.length };
      const received = await relay.uploads.receive(callerOf(c), packId, piece, only(bytes));
      if (!received.ok && received.fault.kind === 'relay/internal')
        return refuse(c, received.fault);
      if (!received.ok) refused.push({ packId, code: received.fault.kind });
      else if (received.value.kind === 'custody') {
        kept.push({ packId, sizeBytes: received.value.sizeBytes });
      }
    }
    const answer: Batch = { refused, receipts: [...relay.receipts(kept)] };
    return c.json(answer);
  });
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
