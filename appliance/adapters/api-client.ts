import { request } from 'node:http';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { apiFaultSchema } from '../api/contract.ts';

export type ApiClientFault = Fault<'api/no-answer' | 'api/refused'>;

const timeoutMs = 30_000;

/**
 * Asks the local API of a running appliance: GET, or POST of `body`. `api/refused` carries what the box says and what
 * to do; `api/no-answer`: nobody listens on the socket.
 */
export async function askApi(
  socketPath: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Result<unknown, ApiClientFault>> {
  try {
    const { status, text } = await exchange(socketPath, path, body);
    const answer: unknown = JSON.parse(text);
    if (status === 200) return ok(answer);
    const refusal = apiFaultSchema.safeParse(answer);
    return refusal.success
      ? fail(fault('api/refused', refusal.data.message, refusal.data.next))
      : fail(fault('api/refused', 'The box gave an answer that cannot be read', 'Call support'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault(
        'api/no-answer',
        `Cannot ask the box at "${socketPath}": ${why}`,
        'Start the appliance, or name its socket with --socket PATH',
        'later',
        cause,
      ),
    );
  }
}

function exchange(
  socketPath: string,
  path: string,
  body: Readonly<Record<string, unknown>> | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath,
        path,
        timeout: timeoutMs,
        method: sent ? 'POST' : 'GET',
        ...(sent && {
          headers: { 'content-type': 'application/json', 'content-length': sent.length },
        }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.on('error', reject);
    asked.end(sent);
  });
}
