import type { LinkAnswer, LinkRequest } from '#sync/agent/ports.ts';
import type { PackId } from '#sync/wire/pack-id.ts';

type Handler = (request: Request) => Promise<Response>;

/** Where the requests go; undefined while no relay runs. */
export interface RelayDoor {
  handler: Handler | undefined;
}

/** The pack that a request is about, by its path. */
export function packOf(path: string): PackId | undefined {
  return /\/packs\/([0-9a-f]{64})$/.exec(path)?.[1] as PackId | undefined;
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
    new Request(`https://relay.example:8443${path}`, {
      ...{ method, headers, signal },
      ...(sent && { body: sent, duplex: 'half' as const }),
    }),
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
