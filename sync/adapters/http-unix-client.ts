import { request } from 'node:http';
import { createDeadline } from './deadline.ts';

/** A whole answer of a program on a Unix socket. */
export interface UnixAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when the body is none. */
  readonly body: unknown;
}

const longestAnswerBytes = 64 * 1024 * 1024;

/**
 * Asks the program on the Unix socket `socketPath` once; a `body` makes it a POST of JSON. Rejects with the system's
 * error when nobody answers within `timeoutMs`.
 */
export function askUnix(
  socketPath: string,
  path: string,
  body?: unknown,
  timeoutMs = 10_000,
): Promise<UnixAnswer> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const deadline = createDeadline(timeoutMs);
    const failed = (cause: unknown): void => {
      deadline.release();
      reject(cause);
    };
    const { signal } = deadline;
    const options = { socketPath, path, method, headers, signal, agent: false };
    const asked = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > longestAnswerBytes) response.destroy(new Error('the answer is too long'));
      });
      response.once('error', failed);
      response.once('end', () => {
        deadline.release();
        resolve({ status: response.statusCode ?? 0, body: jsonOf(text) });
      });
    });
    asked.once('error', failed);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
