import { request } from 'node:http';

/** One JSON answer from a program's Unix socket, or undefined while the program does not answer. */
export function ask<T>(socketPath: string, path: string): Promise<T | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.once('error', () => resolve(undefined));
      response.once('end', () =>
        resolve(response.statusCode === 200 ? (JSON.parse(text) as T) : undefined),
      );
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}
