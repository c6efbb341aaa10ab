import type { LinkAnswer, LinkRequest } from '#sync/agent/ports.ts';
import { packsOfReceipt } from '#sync/agent/receipt.ts';
import { utf8Text } from '#sync/core/bytes.ts';
import { parseBatch } from '#sync/wire/batch.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { batchSchema } from '#sync/wire/routes.ts';

export type Handler = (request: Request) => Promise<Response>;

/** Where the requests go; undefined while no relay runs. */
export interface RelayDoor {
  handler: Handler | undefined;
}

/** The pack that a request is about, by its path. */
export function packOf(path: string): PackId | undefined {
  return /\/packs\/([0-9a-f]{64})$/.exec(path)?.[1] as PackId | undefined;
}

/** Bytes of one pack in the body of a request, and where they begin. */
export interface Cargo {
  readonly packId: PackId;
  readonly from: number;
  readonly sizeBytes: number;
}

/** What the body of a request carries of packs. */
export function cargoOf({ path, body }: Pick<LinkRequest, 'path' | 'body'>): readonly Cargo[] {
  if (body === undefined) return [];
  const packId = packOf(path);
  if (packId !== undefined) return [{ packId, from: 0, sizeBytes: body.length }];
  if (!path.endsWith('/packs/batch')) return [];
  return (parseBatch(body) ?? []).map(({ packId: each, bytes }) => ({
    ...{ packId: each, sizeBytes: bytes.length },
    from: bytes.byteOffset - body.byteOffset,
  }));
}

/** Packs of `cargo` that an answer of the relay says are in its custody, with their whole length. */
export function keptOf(
  cargo: readonly Cargo[],
  { headers = {} }: Pick<LinkRequest, 'headers'>,
  { status, body }: LinkAnswer,
): ReadonlyMap<PackId, number> {
  const [only] = cargo;
  const totalBytes = Number(headers['upload-length'] ?? 0);
  if (only !== undefined && status === 201 && totalBytes > 0)
    return new Map([[only.packId, totalBytes]]);
  if (status !== 200 || totalBytes > 0 || only === undefined) return new Map();
  const answer = batchSchema.safeParse(JSON.parse(utf8Text(body) ?? ''));
  const named = new Set(answer.data?.receipts.flatMap(packsOfReceipt));
  return new Map(
    cargo.flatMap(({ packId, sizeBytes }) => (named.has(packId) ? [[packId, sizeBytes]] : [])),
  );
}

/** What a request weighs beside its body: line and headers of its own, and those that every client sends. */
export function headBytesOf({ path, headers = {} }: LinkRequest): number {
  const own = Object.entries(headers).reduce(
    (sum, [key, value]) => sum + key.length + value.length + 4,
    0,
  );
  return 80 + path.length + own;
}

/** Hears a stream of events as it comes. */
export type Flow = (head: LinkAnswer, piece: Uint8Array) => void;

/**
 * Hands the first `bytes` of a request to the relay; undefined when none runs, or it died over it. An answer that is a
 * stream is given to `flow` piece by piece, and has an empty body at its end.
 */
export async function serve(
  door: RelayDoor,
  request: LinkRequest,
  bytes: number,
  signal: AbortSignal,
  flow?: Flow,
): Promise<LinkAnswer | undefined> {
  const { handler } = door;
  if (handler === undefined) return undefined;
  const { body, headers = {}, method, path } = request;
  const isWhole = bytes >= (body?.length ?? 0);
  const sent = isWhole ? body : cutBody(body?.slice(0, bytes) ?? new Uint8Array());
  const response = await handler(
    heldUntil(
      signal,
      new Request(`https://relay.example:8443${path}`, {
        ...{ method, headers, signal },
        ...(sent && { body: sent, duplex: 'half' as const }),
      }),
    ),
  );
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (isStream && flow !== undefined && response.body !== null) {
    const head = answerOf(response.status, response.headers, new Uint8Array());
    for await (const piece of response.body) flow(head, piece);
    return head;
  }
  const answer = new Uint8Array(await response.arrayBuffer());
  return answerOf(response.status, response.headers, answer);
}

const underWay = new Set<Request>();

/**
 * Keeps `request` until `signal` aborts. A request that was collected as garbage tells its end to nobody, and a world
 * would go another way whenever the collector comes by.
 */
function heldUntil(signal: AbortSignal, request: Request): Request {
  underWay.add(request);
  signal.addEventListener('abort', () => underWay.delete(request), { once: true });
  return request;
}

/** The same bytes with one bit changed. */
export function damaged(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  const index = at % Math.max(1, copy.length);
  if (copy.length > 0) copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

export function answerOf(
  status: number,
  headers: { get(name: string): string | null | undefined },
  body: Uint8Array,
): LinkAnswer {
  return { status, header: (name) => headers.get(name) ?? undefined, body };
}

/** A body that breaks off behind `bytes`. */
function cutBody(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    pull: (controller) => controller.error(new Error('The connection was cut')),
  });
}
