import type { Context } from 'hono';
import type { z } from 'zod';
import { concat, utf8Text } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RelayFault, relayFault } from './fault.ts';
import { gathered } from './gathered.ts';

/** JSON of requests is at most this long: a thousand pack ids and a margin. */
const jsonSizeBytes = 128 * 1024;

/** The bytes of a request body of at most `maxBytes`. */
export async function readBytes(
  c: Context,
  maxBytes: number,
): Promise<Result<Uint8Array, RelayFault>> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of gathered(bodyOf(c))) {
    sizeBytes += piece.length;
    if (sizeBytes <= maxBytes) pieces.push(piece);
  }
  if (sizeBytes > maxBytes) {
    return fail(relayFault('relay/too-large', 'Cannot read the request: it is too long'));
  }
  return ok(concat(...pieces));
}

/** The UTF-8 text of a request body of at most `maxBytes`. */
export async function readText(c: Context, maxBytes: number): Promise<Result<string, RelayFault>> {
  const bytes = await readBytes(c, maxBytes);
  if (!bytes.ok) return bytes;
  const text = utf8Text(bytes.value);
  return text === undefined
    ? fail(relayFault('relay/bad-request', 'Cannot read the request: it is not UTF-8'))
    : ok(text);
}

/** The JSON of a request body, parsed by `schema`. */
export async function readJson<T>(
  c: Context,
  schema: z.ZodType<T>,
): Promise<Result<T, RelayFault>> {
  const text = await readText(c, jsonSizeBytes);
  if (!text.ok) return text;
  try {
    const parsed = schema.safeParse(JSON.parse(text.value));
    if (parsed.success) return ok(parsed.data);
  } catch {
    // Not JSON: the same answer as JSON of another form.
  }
  return fail(relayFault('relay/bad-request', 'Cannot read the request: it has another form'));
}

/** The bytes of a request body as they come; none when there is no body. */
export async function* bodyOf(c: Context): AsyncIterable<Uint8Array> {
  const body = c.req.raw.body;
  if (body !== null) yield* body;
}

/** Reads what is left of a request body and forgets it; a cut ends it like any other end. */
export async function drain(c: Context): Promise<void> {
  for await (const _ of gathered(bodyOf(c)));
}
