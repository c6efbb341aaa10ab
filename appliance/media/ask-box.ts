import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { apiFaultSchema } from '../api/contract.ts';

export type ApiClientFault = Fault<'api/no-answer' | 'api/refused'>;

/** One request to a program on a Unix socket: GET, or POST of `body`. Rejects when nobody answers. */
export type AskSocket = (
  socketPath: string,
  path: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/**
 * Asks the local API of a running appliance: GET, or POST of `body`. `api/refused` carries what the box says and what
 * to do; `api/no-answer`: nobody listens on the socket.
 */
export async function askBox(
  ask: AskSocket,
  socketPath: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Result<unknown, ApiClientFault>> {
  try {
    const { status, body: answer } = await ask(socketPath, path, body);
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
