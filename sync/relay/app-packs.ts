import type { Context, Hono } from 'hono';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
import {
  packIdsSchema,
  pieceMediaType,
  routePrefix,
  uploadLengthHeader,
  uploadOffsetHeader,
} from '../wire/routes.ts';
import { type Answers, type AppPorts, type Env, wholeNumber } from './app-answers.ts';
import { bodyOf, readJson } from './body.ts';
import { absent, relayFault, storageFault } from './fault.ts';
import { parseRange } from './range.ts';

/** What becomes of packs, their pieces on the way in and their ranges on the way out. */
export function addPackRoutes(
  app: Hono<Env>,
  ports: AppPorts,
  { refuse, withSession }: Answers,
): void {
  const { relay, store } = ports;

  app.post(`${routePrefix}/packs/status`, withSession, async (c) => {
    const request = await readJson(c, packIdsSchema);
    if (!request.ok) return refuse(c, request.fault);
    const status = await relay.status(c.get('caller'), request.value.packIds);
    return status.ok ? c.json(status.value) : refuse(c, status.fault);
  });

  app.on(['PUT', 'PATCH'], `${routePrefix}/packs/:id`, withSession, async (c) => {
    const packId = parsePackId(c.req.param('id'));
    const totalBytes = wholeNumber(c.req.header(uploadLengthHeader));
    const offset = c.req.method === 'PUT' ? 0 : wholeNumber(c.req.header(uploadOffsetHeader));
    const isPiece = c.req.method === 'PUT' || c.req.header('content-type') === pieceMediaType;
    if (packId === undefined || totalBytes === undefined || offset === undefined || !isPiece) {
      const message = 'Cannot take a pack without id, media type, length and offset';
      return refuse(c, relayFault('relay/bad-request', message));
    }
    const piece = { offset, totalBytes };
    const { uploads } = relay;
    const body = bodyOf(c);
    const received = await uploads.receive(c.get('caller'), packId, piece, body);
    if (!received.ok) return refuse(c, received.fault);
    if (received.value.kind === 'offset') {
      c.header(uploadOffsetHeader, String(received.value.offset));
      return c.json({ offset: received.value.offset });
    }
    const receipt = relay.receipt(packId, received.value.sizeBytes);
    return c.body(receipt, 201, { 'content-type': 'application/json' });
  });

  app.get(`${routePrefix}/packs/:id`, withSession, async (c) => {
    const packId = parsePackId(c.req.param('id'));
    if (packId === undefined) return refuse(c, absent());
    const sizeBytes = await relay.fetchable(c.get('caller'), c.get('rights'), packId);
    if (!sizeBytes.ok) return refuse(c, sizeBytes.fault);
    if (sizeBytes.value === undefined) return refuse(c, absent());
    return sendRange(c, packId, sizeBytes.value);
  });

  async function sendRange(c: Context<Env>, packId: PackId, sizeBytes: number): Promise<Response> {
    const range = parseRange(c.req.header('range'), sizeBytes);
    if (range === undefined) {
      c.header('content-range', `bytes */${sizeBytes}`);
      return refuse(c, relayFault('relay/range', 'Cannot send bytes behind the end of the pack'));
    }
    const { offset, length } = range === 'whole' ? { offset: 0, length: sizeBytes } : range;
    const bytes = await store.readPack(packId, offset, length);
    if (!bytes.ok) return refuse(c, storageFault(bytes.fault));
    if (bytes.value === undefined) return refuse(c, absent());
    relay.tallies.bytes.add('sent', bytes.value.length);
    c.header('content-type', 'application/octet-stream');
    c.header('accept-ranges', 'bytes');
    if (range === 'whole') return c.body(Uint8Array.from(bytes.value));
    c.header('content-range', `bytes ${offset}-${offset + length - 1}/${sizeBytes}`);
    return c.body(Uint8Array.from(bytes.value), 206);
  }
}
